import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { inject } from 'vitest'

export { type ClerkKey, type ClerkStandIn, clerkPerson, makeClerkKey, startClerk } from './clerk.ts'

/** What the run's development identity signs with, for tokens that it would never sign. */
export function identityKey(): KeyObject {
  return createPrivateKey(readFileSync(join(inject('dataDir'), 'identity', 'private-key.pem')))
}

/** A claim or a header field that is undefined is left out. */
export interface TokenWish {
  readonly privateKey: KeyObject
  readonly claims: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** Signs a session token as Clerk does: RS256, alive for an hour, with what the wish says added or replaced. */
export function signSessionToken({ privateKey, claims, header }: TokenWish): Promise<string> {
  const seconds = Math.floor(Date.now() / 1_000)
  const payload = {
    sub: `user_${randomBytes(12).toString('hex')}`,
    sid: `sess_${randomBytes(12).toString('hex')}`,
    sts: 'active',
    v: 2,
    iat: seconds,
    nbf: seconds - 10,
    exp: seconds + 3_600,
    ...claims,
  }
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header }).sign(privateKey)
}
