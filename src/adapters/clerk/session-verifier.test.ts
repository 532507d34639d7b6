import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { type ClerkKey, type FakeClerk, makeClerkKey, startClerk } from '../../testing/clerk.ts'
import { signSessionToken } from '../../testing/session-tokens.ts'
import { createSessionVerifier, type SessionVerifierOptions } from './session-verifier.ts'

const keys = { first: makeClerkKey('ins_first'), second: makeClerkKey('ins_second') }
const foreign = makeClerkKey('ins_first')
const iss = 'https://clerk.example.com'
const azp = 'https://app.example.com'
const invalid = { code: 'UNAUTHENTICATED', message: 'The session token is invalid. Sign in again.' }

let clerk: FakeClerk
beforeAll(async () => {
  clerk = await startClerk()
})
beforeEach(() => {
  clerk.keys.splice(0, clerk.keys.length, keys.first)
})
afterEach(() => {
  clerk.fault = null
})
afterAll(() => clerk[Symbol.asyncDispose]())

/** A verifier as with CLERK_SECRET_KEY alone; `fetches` returns its requests for the keys. */
function byNetwork(options: Partial<SessionVerifierOptions> = {}) {
  const before = clerk.requests.length
  const verifier = createSessionVerifier({
    secretKey: 'sk_test_secret',
    apiUrl: clerk.url,
    issuer: iss,
    authorizedParties: [azp],
    requireAuthorizedParty: true,
    ...options,
  })
  return { ...verifier, fetches: () => clerk.requests.slice(before) }
}

const sign = ({ kid, privateKey }: ClerkKey, claims: object = {}) =>
  signSessionToken({ privateKey, claims: { iss, azp, ...claims }, header: { kid } })

const later = (seconds: number) => new Date(Date.now() + seconds * 1_000)

describe('with only a secret key', () => {
  test('fetches the keys once for concurrent tokens', async () => {
    const { verify, fetches } = byNetwork()
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => sign(keys.first, { sub: `user_${n}` })))
    const claims = await Promise.all(tokens.map((token) => verify(token, new Date())))
    expect(claims.map(({ clerkId }) => clerkId)).toEqual(tokens.map((_, n) => `user_${n}`))
    await verify(await sign(keys.first), later(299))
    expect(fetches()).toEqual(['GET /v1/jwks'])
  })

  test('refuses a forged signature with a valid key id', async () => {
    const { verify } = byNetwork()
    await expect(verify(await sign(foreign), new Date())).rejects.toMatchObject(invalid)
  })

  test('refuses a token without a key id, without a request to Clerk', async () => {
    const { verify, fetches } = byNetwork()
    const token = await signSessionToken({ privateKey: keys.first.privateKey, claims: { iss, azp } })
    await expect(verify(token, new Date())).rejects.toMatchObject(invalid)
    await expect(verify('no token', new Date())).rejects.toMatchObject(invalid)
    expect(fetches()).toEqual([])
  })

  test('fetches a new key after rotation and drops the old one', async () => {
    const { verify, fetches } = byNetwork()
    await verify(await sign(keys.first), new Date())
    clerk.keys.splice(0, 1, keys.second)
    const { clerkId } = await verify(await sign(keys.second, { sub: 'user_rotated' }), later(11))
    expect(clerkId).toBe('user_rotated')
    expect(fetches()).toHaveLength(2)
    await expect(verify(await sign(keys.first), later(12))).rejects.toMatchObject(invalid)
  })

  test('fetches the keys again after five minutes', async () => {
    const { verify } = byNetwork()
    await verify(await sign(keys.first), new Date())
    clerk.keys.splice(0, 1, keys.second)
    await expect(verify(await sign(keys.first), later(301))).rejects.toMatchObject(invalid)
  })

  test('fetches the keys for unknown key ids at most every ten seconds', async () => {
    const { verify, fetches } = byNetwork()
    for (let second = 0; second < 25; second += 1) {
      const token = await sign({ ...foreign, kid: `ins_made_up_${second}` })
      await expect(verify(token, later(second))).rejects.toMatchObject(invalid)
    }
    expect(fetches()).toHaveLength(3)
  })
})

describe('while Clerk is unavailable', () => {
  /** Returns the cause as it is logged. */
  async function expectUnavailable(options?: Partial<SessionVerifierOptions>): Promise<string> {
    const { verify } = byNetwork(options)
    const token = await sign(keys.first)
    const failure = await verify(token, new Date()).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ProviderUnavailable)
    const cause = String((failure as Error).cause)
    expect(cause).not.toContain('sk_test_secret')
    return cause
  }

  test.each([
    ['an internal error', { status: 500 }],
    ['too many requests', { status: 429, headers: { 'retry-after': '30' } }],
    ['a wrong secret key', { status: 401 }],
    ["a proxy's page", { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' }],
    ['an error response with keys', { status: 503, body: JSON.stringify({ keys: [keys.first.jwk] }) }],
  ])('throws ProviderUnavailable instead of refusing the token: %s', async (_about, fault) => {
    clerk.fault = fault
    expect(await expectUnavailable()).toContain(`answered ${fault.status}`)
  })

  test('throws ProviderUnavailable for a response without keys', async () => {
    clerk.fault = { status: 200, body: '{"keys":[]}' }
    await expectUnavailable()
  })

  test('throws ProviderUnavailable if Clerk is unreachable, and accepts the token once Clerk is back', async () => {
    const { verify } = byNetwork()
    const token = await sign(keys.first)
    await clerk.stop()
    await expect(verify(token, new Date())).rejects.toBeInstanceOf(ProviderUnavailable)
    await clerk.start()
    await expect(verify(token, new Date())).resolves.toMatchObject({ clerkId: expect.any(String) })
  })

  test('throws ProviderUnavailable after the timeout if Clerk does not answer', async () => {
    const release = clerk.pause()
    try {
      await expectUnavailable({ timeoutMs: 50 })
    } finally {
      release()
    }
  })

  test('keeps using known keys and retries every ten seconds', async () => {
    const { verify, fetches } = byNetwork()
    await verify(await sign(keys.first), new Date())
    clerk.fault = { status: 500 }
    for (const seconds of [301, 305, 309, 312]) {
      await expect(verify(await sign(keys.first), later(seconds))).resolves.toBeDefined()
    }
    expect(fetches()).toHaveLength(3)
  })
})

describe('the cache of verified tokens', () => {
  const options = { requireAuthorizedParty: true, remember: 3 }
  /** Verifies the tokens, then removes their key from Clerk, so that only cached tokens are still accepted. */
  async function withoutKeys(cached: readonly string[]) {
    const { verify } = byNetwork(options)
    for (const token of cached) await verify(token, new Date())
    clerk.keys.splice(0, 1, keys.second)
    const at = later(301)
    await expect(verify(await sign(keys.first), at)).rejects.toMatchObject(invalid)
    return (token: string) => verify(token, at)
  }
  const tokens = () => Promise.all(Array.from({ length: 4 }, (_, n) => sign(keys.first, { sub: `user_${n}` })))

  test('does not verify a token again', async () => {
    const [token = ''] = await tokens()
    const verify = await withoutKeys([token])
    expect(await verify(token)).toMatchObject({ clerkId: 'user_0' })
    await expect(verify(`${token.slice(0, -3)}abc`)).rejects.toMatchObject(invalid)
  })

  test('evicts the least recently used token', async () => {
    const [a = '', b = '', c = '', d = ''] = await tokens()
    const verify = await withoutKeys([a, b, c, a, d])
    for (const token of [a, c, d]) await expect(verify(token)).resolves.toBeDefined()
    await expect(verify(b)).rejects.toMatchObject(invalid)
  })
})
