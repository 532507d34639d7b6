import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { developmentIdentity } from '../dev/identity.ts'
import { makeClerkKey, signSessionToken, startClerk } from '../testing/vendors.ts'
import { addToken } from './token.ts'

beforeEach(() => vi.stubEnv('DATA_DIR', inject('dataDir')))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** Runs the command in this process; main.ts turns a failure into exit code 1. */
async function run(...args: string[]): Promise<{ output: string; failure: string | null }> {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addToken(program)
  const failure = await program.parseAsync(['token', ...args], { from: 'user' }).then(
    () => null,
    (error: Error) => error.message,
  )
  const result = { output: output.mock.calls.map(([part]) => String(part)).join(''), failure }
  output.mockRestore()
  return result
}

const developmentToken = async (expiresInSeconds = 3_600) => {
  const identity = await developmentIdentity(inject('dataDir'))
  return identity.signToken({ email: 'mo@example.com', now: new Date(), expiresInSeconds })
}

test('the development identity still signs a token where an address is given', async () => {
  const { output } = await run('mo@example.com')
  expect(output.trim().split('.')).toHaveLength(3)
})

test('a good token is told claim by claim, with its dates, and never itself', async () => {
  const token = await developmentToken()
  const { output, failure } = await run('explain', `Bearer ${token}`)
  expect(failure).toBeNull()
  expect(output).toMatch(/header alg +│ RS256/)
  expect(output).toMatch(/exp +│ \d+ +│ \d{4}-\d\d-\d\dT.*Z, in (1 hour|60 minutes)/)
  expect(output).toMatch(/azp +│ http:\/\/localhost:3000/)
  expect(output).toContain('The server takes it')
  for (const part of token.split('.')) expect(output).not.toContain(part)
})

test('a token may come by standard input', async () => {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'token', 'explain', '-'], {
    env: { ...process.env, DATA_DIR: inject('dataDir') },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(`${await developmentToken()}\n`)
  expect(await text(child.stdout)).toContain('The server takes it')
})

test('each reason for which the server refuses a token is told', async () => {
  await using clerk = await startClerk()
  const [ours, theirs] = [makeClerkKey('ours'), makeClerkKey('theirs')]
  clerk.keys.push(ours)
  vi.stubEnv('CLERK_SECRET_KEY', 'sk_test_secret')
  vi.stubEnv('CLERK_API_URL', clerk.url)
  vi.stubEnv('CLERK_ISSUER', 'https://clerk.example.com')
  vi.stubEnv('CLERK_AUTHORIZED_PARTIES', 'https://app.example.com')
  const good = { iss: 'https://clerk.example.com', azp: 'https://app.example.com' }
  const seconds = Math.floor(Date.now() / 1_000)
  const refusal = async (claims: object, key = ours, header: object = { kid: key.kid }) => {
    const token = await signSessionToken({
      privateKey: key.privateKey,
      claims: { ...good, ...claims },
      header: { ...header },
    })
    return (await run('explain', token)).failure
  }
  expect(await refusal({})).toBeNull()
  expect(await refusal({ exp: seconds - 60 })).toContain('it has expired')
  expect(await refusal({ nbf: seconds + 600 })).toContain('it is not valid yet')
  expect(await refusal({ iss: 'https://other.example' })).toContain(
    'its issuer is https://other.example, and CLERK_ISSUER',
  )
  expect(await refusal({ azp: 'https://evil.example' })).toContain('it was made for https://evil.example')
  expect(await refusal({ azp: undefined })).toContain('CLERK_REQUIRE_AZP=false')
  expect(await refusal({ sts: 'pending' })).toContain('its session is pending')
  expect(await refusal({ sub: 'a b' })).toContain('sub is no Clerk id')
  expect(await refusal({}, theirs)).toContain('no key of this Clerk instance has signed it (kid theirs)')
  const both = await refusal({ iss: 'https://other.example', exp: seconds - 60 })
  expect(both?.split('\n')).toHaveLength(3)
})

test('what is no token is not repeated', async () => {
  for (const secret of [
    'sk_live_secret',
    'eyJhbGciOi.cut',
    'a.b.c',
    `${Buffer.from('[1]').toString('base64url')}.e30.x`,
  ]) {
    const { output, failure } = await run('explain', secret)
    expect(failure).toMatch(/^This is no session token: /)
    expect(output + failure).not.toContain(secret)
  }
})

test('the terminal is not painted by what a token says', async () => {
  const { privateKey } = makeClerkKey('any')
  const token = await signSessionToken({
    privateKey,
    claims: { evil: '\u001b[2J', iss: '\u001b[2J' },
    header: { kid: 'any' },
  })
  const { output, failure } = await run('explain', token)
  expect(output + failure).not.toContain('\u001b')
})
