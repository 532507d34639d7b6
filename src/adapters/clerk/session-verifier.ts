import { verifyToken } from '@clerk/backend'
import { TokenVerificationError, TokenVerificationErrorReason } from '@clerk/backend/errors'
import { decodeJwt } from '@clerk/backend/jwt'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { type SessionClaims, type SessionVerifier, Unauthenticated } from '../../domains/users/ports.ts'
import { storable } from '../../platform/database/storable.ts'
import { createSigningKeys } from './signing-keys.ts'

export interface SessionVerifierOptions {
  /** PEM; verifies without network access. Without it, the keys of the instance are fetched with the secret key. */
  readonly jwtKey?: string | undefined
  readonly secretKey?: string | undefined
  readonly apiUrl: string
  readonly issuer: string
  readonly authorizedParties: readonly string[]
  /** False accepts tokens without an authorized party, as native apps send them. */
  readonly requireAuthorizedParty: boolean
  /** The number of cached tokens, of about 1 KB each. */
  readonly remember?: number
  /** The timeout of fetching the keys. */
  readonly timeoutMs?: number
}

const longestToken = 8_192

/** In seconds, the latest Date of JavaScript. A later expiry would be an invalid Date, and the token would not expire. */
const latestInstant = 8.64e12

const text = z.string().max(1_000).nullish().catch(null)

/** The required claims beyond signature and dates. Ids are restricted to characters that are safe in databases and logs. */
const sessionClaims = z.object({
  iss: z.string(),
  azp: z.string().optional(),
  sub: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  sid: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,128}$/)
    .optional(),
  sts: z.string().optional(),
  exp: z.number().max(latestInstant),
  email: text,
  first_name: text,
  last_name: text,
  username: text,
  image_url: text,
})

/**
 * Verifies Clerk session tokens. The library checks signature and dates. This also checks the issuer, the authorized
 * party, that the session is not pending (a second factor or a chosen organisation is missing), and the format of ids.
 *
 * The result is cached until the token expires: verifying takes 390 µs, a cache hit 2 µs. Only the verification is
 * cached; the state of the user is read in every request.
 */
export function createSessionVerifier(options: SessionVerifierOptions): SessionVerifier {
  const cache = new LRUCache<string, SessionClaims>({ max: options.remember ?? 10_000 })
  const keyOf = keyFinder(options)

  return {
    async verify(token, now) {
      const known = cache.get(token)
      if (known) {
        if (known.expiresAt > now) return known
        cache.delete(token)
        throw new Unauthenticated('expired')
      }
      if (token.length > longestToken) throw new Unauthenticated('invalid')
      const claims = checkClaims(await verifySignature(token, await keyOf(token, now)), options)
      if (claims.expiresAt <= now) throw new Unauthenticated('expired')
      cache.set(token, claims)
      return claims
    },
  }
}

/** Finds the PEM key of a token: the configured key, or the key of the instance with the token's key id. */
function keyFinder(options: SessionVerifierOptions): (token: string, now: Date) => Promise<string> {
  const { jwtKey, secretKey = '', apiUrl, timeoutMs } = options
  if (jwtKey) return async () => jwtKey
  const keys = createSigningKeys({ secretKey, apiUrl, timeoutMs })
  return async (token, now) => {
    const key = await keys.find(keyIdOf(token), now)
    if (!key) throw new Unauthenticated('invalid')
    return key
  }
}

function keyIdOf(token: string): string {
  try {
    return z.string().parse(decodeJwt(token).header.kid)
  } catch {
    throw new Unauthenticated('invalid')
  }
}

async function verifySignature(token: string, jwtKey: string): Promise<unknown> {
  try {
    return await verifyToken(token, { jwtKey })
  } catch (error) {
    const isExpired =
      error instanceof TokenVerificationError && error.reason === TokenVerificationErrorReason.TokenExpired
    throw new Unauthenticated(isExpired ? 'expired' : 'invalid')
  }
}

function checkClaims(payload: unknown, options: SessionVerifierOptions): SessionClaims {
  const parsed = sessionClaims.safeParse(payload)
  if (!parsed.success) throw new Unauthenticated('invalid')
  const { iss, azp, sts, sub, exp, ...profile } = parsed.data
  const isParty = azp === undefined ? !options.requireAuthorizedParty : options.authorizedParties.includes(azp)
  if (iss !== options.issuer || !isParty || sts === 'pending') throw new Unauthenticated('invalid')
  return {
    clerkId: sub,
    expiresAt: new Date(exp * 1000),
    profile: {
      email: storable(profile.email),
      firstName: storable(profile.first_name),
      lastName: storable(profile.last_name),
      username: storable(profile.username),
      imageUrl: storable(profile.image_url),
    },
  }
}
