import { counted } from '../terminal/counted.ts'

/** Header and claims of a token. Nothing of it is verified: anyone can write anything. */
export interface UntrustedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Decodes a token without verifying it. Error messages contain no part of it, since it may be a valid one. */
export function readJwt(token: string): UntrustedToken {
  const parts = token.split('.')
  if (parts.length !== 3)
    throw new Error(`This is not a session token: it has ${counted(parts.length, 'part')} instead of three.`)
  return { header: objectOf(parts[0] ?? '', 'header'), claims: objectOf(parts[1] ?? '', 'claims') }
}

function objectOf(part: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {}
  throw new Error(`This is not a session token: its ${name} cannot be decoded. Check that it was copied completely.`)
}
