import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { developmentIdentity } from '../dev/identity.ts'
import { startTestApp } from '../testing/app.ts'
import { makeClerkKey, startClerk } from '../testing/clerk.ts'
import { createUser } from '../testing/factories.ts'
import { runCommand } from '../testing/run-command.ts'
import { signSessionToken } from '../testing/session-tokens.ts'
import { addToken } from './token.ts'

beforeEach(() => vi.stubEnv('DATA_DIR', inject('dataDir')))
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const run = (...args: string[]) => runCommand(addToken, ['token', ...args])

const developmentToken = async (expiresInSeconds = 3_600) => {
  const identity = await developmentIdentity(inject('dataDir'))
  return identity.signToken({ email: 'mo@example.com', now: new Date(), expiresInSeconds })
}

test('prints a token of the development identity for an e-mail address', async () => {
  const { output } = await run('mo@example.com')
  expect(output.trim().split('.')).toHaveLength(3)
})

test('prints a token that expires after the given seconds', async () => {
  const { output } = await run('mo@example.com', '--expires-in', '60')
  const { iat = 0, exp } = decodeJwt(output.trim())
  expect(exp).toBe(iat + 60)
  expect((await run('mo@example.com', '--expires-in', '0')).failure).toBe('--expires-in must be at least 1 second.')
  expect((await run('mo@example.com', '--expires-in', '1h')).failure).toContain('It must be a whole number.')
})

test('says that a user is banned or deleted, and what to do; explain fails', async () => {
  await using app = await startTestApp()
  vi.stubEnv('DATABASE_URL', app.databaseUrl)
  const { id } = await createUser(app, 'mo@example.com')
  expect((await run('mo@example.com')).errors).toBe('')
  for (const [standing, remedy] of [
    ['BANNED', 'npm run cli -- webhooks send clerk user.updated --email mo@example.com'],
    ['DELETING', 'npm run token -- mo+2@example.com'],
  ] as const) {
    await app.app.db.prisma.user.update({ where: { id }, data: { standing } })
    const { output, errors } = await run('mo@example.com')
    expect(output.trim().split('.')).toHaveLength(3)
    expect(errors).toContain(remedy)
    expect((await run('mo@example.com', '--admin')).failure).toContain(remedy)
    expect((await run('explain', output.trim())).failure).toContain(remedy)
  }
})

test('explain prints the claims and dates of a valid token but never the token', async () => {
  const token = await developmentToken()
  const { output, failure } = await run('explain', `Bearer ${token}`)
  expect(failure).toBeNull()
  expect(output).toMatch(/header alg +│ RS256/)
  expect(output).toMatch(/exp +│ \d+ +│ \d{4}-\d\d-\d\dT.*Z, in (1 hour|60 minutes)/)
  expect(output).toMatch(/azp +│ http:\/\/localhost:3000/)
  expect(output).toContain('The server accepts it')
  for (const part of token.split('.')) expect(output).not.toContain(part)
})

test('explain reads the token from standard input', async () => {
  const child = spawn(process.execPath, ['src/cli/main.ts', 'token', 'explain', '-'], {
    env: { ...process.env, DATA_DIR: inject('dataDir') },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(`${await developmentToken()}\n`)
  expect(await text(child.stdout)).toContain('The server accepts it')
})

test('explain prints every reason why the server refuses a token', async () => {
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
  expect(await refusal({ azp: 'https://evil.example' })).toContain('it was issued for https://evil.example')
  expect(await refusal({ azp: undefined })).toContain('CLERK_REQUIRE_AZP=false')
  expect(await refusal({ azp: '' })).toContain('CLERK_REQUIRE_AZP=false')
  expect(await refusal({ sid: undefined })).toContain('CLERK_REQUIRE_SID=false')
  expect(await refusal({ iat: seconds + 600 })).toContain('it was issued in the future')
  expect(await refusal({ exp: seconds - 2 })).toBeNull()
  expect(await refusal({ sts: 'pending' })).toContain('its session is pending')
  vi.stubEnv('CLERK_IMPERSONATION', 'refuse')
  expect(await refusal({ act: { sub: 'user_operator' } })).toContain('CLERK_IMPERSONATION=read')
  expect(await refusal({ sub: 'user_a-b' })).toContain('sub is not a Clerk id')
  expect(await refusal({ sub: 'a b' })).toContain('sub is not a Clerk id')
  expect(await refusal({}, theirs)).toContain('no key of this Clerk instance has signed it (kid theirs)')
  const both = await refusal({ iss: 'https://other.example', exp: seconds - 60 })
  expect(both?.split('\n')).toHaveLength(3)
})

test('explain does not print an argument that is not a token', async () => {
  for (const secret of [
    'sk_live_secret',
    'eyJhbGciOi.cut',
    'a.b.c',
    `${Buffer.from('[1]').toString('base64url')}.e30.x`,
  ]) {
    const { output, failure } = await run('explain', secret)
    expect(failure).toMatch(/^This is not a session token: /)
    expect(output + failure).not.toContain(secret)
  }
})

test('explain counts the parts of an argument that is not a token', async () => {
  expect((await run('explain', 'token')).failure).toContain('it has 1 part instead of three')
  expect((await run('explain', 'a.b')).failure).toContain('it has 2 parts instead of three')
})

test('explain removes control characters from claims', async () => {
  const { privateKey } = makeClerkKey('any')
  const token = await signSessionToken({
    privateKey,
    claims: { evil: '\u001b[2J', iss: '\u001b[2J' },
    header: { kid: 'any' },
  })
  const { output, failure } = await run('explain', token)
  expect(output + failure).not.toContain('\u001b')
})
