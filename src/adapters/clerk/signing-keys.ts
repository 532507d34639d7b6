import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { ProviderUnavailable } from '../../platform/errors.ts'

export interface SigningKeysOptions {
  readonly secretKey: string
  readonly apiUrl: string
  readonly timeoutMs?: number | undefined
}

export interface SigningKeys {
  /** The key with this id as PEM; null if the instance has no such key. Throws ProviderUnavailable. */
  find(kid: string, now: Date): Promise<string | null>
}

const freshMs = 5 * 60_000
/** The minimum interval of fetches for unknown ids, since anyone can invent ids. */
const pauseMs = 10_000

const jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })).nonempty() })

/**
 * Fetches the public keys of the instance with the secret key and caches them. `verifyToken` of the library with a secret
 * key has no timeout, fetches for every unknown key id and for every concurrent request, and after four attempts throws
 * network errors that look like an invalid token. While Clerk is unavailable, known keys stay in use.
 */
export function createSigningKeys({ secretKey, apiUrl, timeoutMs = 4_000 }: SigningKeysOptions): SigningKeys {
  let keys = new Map<string, string>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let failedAt = Number.NEGATIVE_INFINITY
  let fetching: Promise<void> | null = null

  const fetchKeys = async (at: number) => {
    const response = await fetch(`${apiUrl}/v1/jwks`, {
      headers: { authorization: `Bearer ${secretKey}` },
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new Error(`/v1/jwks answered ${response.status}`)
    const known = jwks.parse(await response.json()).keys.filter((key) => key.kty === 'RSA')
    keys = new Map(known.map((key) => [key.kid, pemOf(key)]))
    fetchedAt = at
  }

  return {
    async find(kid, now) {
      const at = now.getTime()
      const known = keys.get(kid)
      if (at - fetchedAt < (known ? freshMs : pauseMs)) return known ?? null
      if (known && at - failedAt < pauseMs) return known
      fetching ??= fetchKeys(at).finally(() => {
        fetching = null
      })
      try {
        await fetching
      } catch (error) {
        failedAt = at
        if (known) return known
        throw new ProviderUnavailable('Clerk', { cause: error })
      }
      return keys.get(kid) ?? null
    },
  }
}

function pemOf(key: JsonWebKey): string {
  return createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString()
}
