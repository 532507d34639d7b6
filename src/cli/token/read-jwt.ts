/** What a token says of itself. Nothing of it is verified: anybody can write anything. */
export interface UntrustedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Throws without a word of the token, for it may be a good one that was cut. */
export function readJwt(token: string): UntrustedToken {
  const parts = token.split('.')
  if (parts.length !== 3) throw new Error(`This is no session token: it has ${parts.length} of three parts.`)
  return { header: objectOf(parts[0] ?? '', 'header'), claims: objectOf(parts[1] ?? '', 'claims') }
}

function objectOf(part: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {}
  throw new Error(`This is no session token: its ${name} cannot be read. Was it copied whole?`)
}
