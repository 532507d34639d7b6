import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyToken } from '@clerk/backend'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { developmentIdentity } from './identity.ts'

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pacer-identity-test-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

it('creates one private key for concurrent calls and keeps it', async () => {
  const identities = await Promise.all(Array.from({ length: 5 }, () => developmentIdentity(dataDir)))
  expect(new Set(identities.map(({ jwtKey }) => jwtKey)).size).toBe(1)
  expect((await developmentIdentity(dataDir)).jwtKey).toBe(identities[0]?.jwtKey)
  expect(await readdir(dataDir)).toEqual(['identity'])
  expect((await stat(join(dataDir, 'identity', 'private-key.pem'))).mode & 0o777).toBe(0o600)
})

it("signs tokens that Clerk's verifyToken accepts without network access", async () => {
  const network = vi.spyOn(globalThis, 'fetch')
  const { signToken, jwtKey, authorizedParties, issuer } = await developmentIdentity(dataDir)
  const now = new Date()
  const token = await signToken({ email: ' Alice.Smith@Example.com ', now, expiresInSeconds: 60 })
  const claims = await verifyToken(token, { jwtKey, authorizedParties: [...authorizedParties] })
  const seconds = Math.floor(now.getTime() / 1000)
  expect(claims).toEqual({
    azp: 'http://localhost:3000',
    email: 'alice.smith@example.com',
    exp: seconds + 60,
    first_name: 'Alice',
    fva: [0, -1],
    iat: seconds,
    iss: issuer,
    jti: expect.stringMatching(/^[0-9a-f]{20}$/),
    last_name: 'Smith',
    nbf: seconds - 10,
    sid: expect.stringMatching(/^sess_[0-9a-f]{24}$/),
    sts: 'active',
    sub: expect.stringMatching(/^user_dev_[0-9a-f]{24}$/),
    v: 2,
  })
  expect(decodeProtectedHeader(token)).toEqual({
    alg: 'RS256',
    typ: 'JWT',
    kid: expect.stringMatching(/^ins_dev_[0-9a-f]{24}$/),
  })
  expect(network).not.toHaveBeenCalled()
})

it('signs tokens that are refused after expiry, for another party, and with another key', async () => {
  const { signToken, jwtKey, authorizedParties } = await developmentIdentity(dataDir)
  const parties = [...authorizedParties]
  const fresh = await signToken({ email: 'alice@example.com', now: new Date(), expiresInSeconds: 60 })
  const old = await signToken({
    email: 'alice@example.com',
    now: new Date(Date.now() - 3_600_000),
    expiresInSeconds: 60,
  })
  const other = await developmentIdentity(join(dataDir, 'other'))
  await expect(verifyToken(old, { jwtKey, authorizedParties: parties })).rejects.toThrow(/expired/)
  await expect(verifyToken(fresh, { jwtKey, authorizedParties: ['https://elsewhere.example'] })).rejects.toThrow(/azp/)
  await expect(verifyToken(fresh, { jwtKey: other.jwtKey, authorizedParties: parties })).rejects.toThrow(/signature/)
})

it('gives one user one id, whatever the case of the e-mail address', async () => {
  const { signToken, jwtKey, authorizedParties } = await developmentIdentity(dataDir)
  const subjectOf = async (email: string) => {
    const token = await signToken({ email, now: new Date(), expiresInSeconds: 60 })
    return (await verifyToken(token, { jwtKey, authorizedParties: [...authorizedParties] })).sub
  }
  expect(await subjectOf('ALICE@example.com')).toBe(await subjectOf('alice@example.com'))
  expect(await subjectOf('bob@example.com')).not.toBe(await subjectOf('alice@example.com'))
})
