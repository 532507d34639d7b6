import { verifyToken } from '@clerk/backend'
import { TokenVerificationError, TokenVerificationErrorReason } from '@clerk/backend/errors'
import { decodeJwt } from '@clerk/backend/jwt'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import {
  type Impersonation,
  type SessionClaims,
  type SessionVerifier,
  Unauthenticated,
} from '../../domains/users/ports.ts'
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
  /** False accepts tokens without a session, as JWT templates make them. Default: true. */
  readonly requireSession?: boolean | undefined
  /** 'refuse' refuses tokens with an actor. Default: 'read'. */
  readonly impersonation?: Impersonation | undefined
  /** True for the development identity only: addresses in its tokens count as verified. */
  readonly claimsAreVerified?: boolean | undefined
  /** The number of cached tokens, of about 1 KB each. */
  readonly remember?: number
  /** The timeout of fetching the keys. */
  readonly timeoutMs?: number
}

const longestToken = 8_192

/** In seconds, the latest Date of JavaScript. A later expiry would be an invalid Date, and the token would not expire. */
const latestInstant = 8.64e12

/** The clock difference that is tolerated on exp, nbf and iat: the default of Clerk's library. */
const clockSkewMs = 5_000

const text = z.string().max(1_000).nullish().catch(null)

/** No extension is implemented, so a token with `crit` is refused, as RFC 7515 requires. */
const unverifiedHeader = z.looseObject({ kid: z.string().optional().catch(undefined), crit: z.undefined().optional() })

/** The required claims beyond signature and dates. Ids are restricted to characters that are safe in databases and logs. */
const sessionClaims = z.object({
  iss: z.string(),
  azp: z.string().nullish(),
  sub: z.string().regex(/^user_[A-Za-z0-9_]{1,123}$/),
  sid: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,128}$/)
    .nullish(),
  act: z.object({ sub: z.string().regex(/^[\x21-\x7e]{1,200}$/) }).nullish(),
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
 * party, the actor of an impersonation, that there is a session, that it is not pending (a second factor or a chosen
 * organisation is missing), and the format of ids.
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
        if (!isExpired(known, now)) return known
        cache.delete(token)
        throw new Unauthenticated('expired')
      }
      if (token.length > longestToken) throw new Unauthenticated('invalid')
      const claims = checkClaims(await verifySignature(token, await keyOf(keyIdOf(token), now)), options)
      if (isExpired(claims, now)) throw new Unauthenticated('expired')
      cache.set(token, claims)
      return claims
    },
  }
}

/** Finds the PEM key of a token: the configured key, or the key of the instance with the token's key id. */
function keyFinder(options: SessionVerifierOptions): (kid: string | undefined, now: Date) => Promise<string> {
  const { jwtKey, secretKey = '', apiUrl, timeoutMs } = options
  if (jwtKey) return async () => jwtKey
  const keys = createSigningKeys({ secretKey, apiUrl, timeoutMs })
  return async (kid, now) => {
    const key = kid === undefined ? null : await keys.find(kid, now)
    if (!key) throw new Unauthenticated('invalid')
    return key
  }
}

/** Undefined where the header has none. Throws Unauthenticated for a header that cannot be accepted. */
function keyIdOf(token: string): string | undefined {
  try {
    return unverifiedHeader.parse(decodeJwt(token).header).kid
  } catch {
    throw new Unauthenticated('invalid')
  }
}

async function verifySignature(token: string, jwtKey: string): Promise<unknown> {
  try {
    return await verifyToken(token, { jwtKey, clockSkewInMs: clockSkewMs })
  } catch (error) {
    const isExpired =
      error instanceof TokenVerificationError && error.reason === TokenVerificationErrorReason.TokenExpired
    throw new Unauthenticated(isExpired ? 'expired' : 'invalid')
  }
}

function isExpired({ expiresAt }: SessionClaims, now: Date): boolean {
  return expiresAt.getTime() + clockSkewMs <= now.getTime()
}

function checkClaims(payload: unknown, options: SessionVerifierOptions): SessionClaims {
  const parsed = sessionClaims.safeParse(payload)
  if (!parsed.success) throw new Unauthenticated('invalid')
  const { iss, azp, sid, act, sts, sub, exp, ...profile } = parsed.data
  const { requireSession = true, impersonation = 'read' } = options
  // A missing, null or empty party, or session, is none.
  const isParty = azp ? options.authorizedParties.includes(azp) : !options.requireAuthorizedParty
  const isSession = sid ? true : !requireSession
  const isPermitted = !act || impersonation !== 'refuse'
  if (iss !== options.issuer || !isParty || !isSession || !isPermitted || sts === 'pending') {
    throw new Unauthenticated('invalid')
  }
  return {
    clerkId: sub,
    actor: act?.sub ?? null,
    emailIsVerified: options.claimsAreVerified ?? false,
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
