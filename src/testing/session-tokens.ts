import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { inject } from 'vitest'

/** The private key of the development identity, to sign tokens that the identity itself would not sign. */
export function identityKey(): KeyObject {
  return createPrivateKey(readFileSync(join(inject('dataDir'), 'identity', 'private-key.pem')))
}

/** Undefined claims and header fields are omitted. */
export interface TokenInput {
  readonly privateKey: KeyObject
  readonly claims: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** Signs a session token as Clerk does: RS256, valid for an hour. The claims and the header add or replace fields. */
export function signSessionToken({ privateKey, claims, header }: TokenInput): Promise<string> {
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
