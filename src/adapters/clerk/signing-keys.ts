import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { ProviderUnavailable } from '../../platform/errors.ts'

export interface SigningKeysOptions {
  readonly secretKey: string
  readonly apiUrl: string
  readonly timeoutMs?: number | undefined
}

export interface SigningKeys {
  /** The key of that id as PEM; null for one that the instance does not have. Throws ProviderUnavailable. */
  find(kid: string, now: Date): Promise<string | null>
}

const freshMs = 5 * 60_000
/** An unknown id is asked for at most so often: anybody can make one up. */
const pauseMs = 10_000

const answer = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })).nonempty() })

/**
 * The instance's public keys, fetched with the secret key and kept. The library's own way (`verifyToken` with a secret
 * key) has no time limit, fetches anew for every unknown key id, at once for each of many requests, and throws bare
 * network errors after four tries, as if the token were bad. While Clerk is away the keys that are known go on.
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
    const known = answer.parse(await response.json()).keys.filter((key) => key.kty === 'RSA')
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
