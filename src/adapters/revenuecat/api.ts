import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { parseRetryAfter, type RetryClock, type RetryPolicy, retry } from '../../platform/retry.ts'

export interface ApiOptions {
  readonly apiUrl: string
  readonly apiKey: string
  /** The timeout of one attempt. */
  readonly timeoutMs?: number | undefined
  readonly retryClock?: RetryClock | undefined
}

/** A response of RevenueCat, whether success or refusal. */
export interface ApiResponse {
  readonly status: number
  readonly isOk: boolean
  readonly body: unknown
}

/** Sends a request. Throws ProviderUnavailable if RevenueCat does not answer within the limits. */
export type Api = (method: 'GET' | 'POST', path: string) => Promise<ApiResponse>

/** RevenueCat refuses the key or the request; a retry cannot succeed. */
export class RevenueCatRefused extends Error {
  override readonly name = 'RevenueCatRefused'

  constructor(what: string, { status, body }: ApiResponse) {
    const { message = 'no reason' } = refusal.parse(body)
    const advice = status === 401 || status === 403 ? ' Check REVENUECAT_API_KEY and REVENUECAT_API_KEY_V2.' : ''
    super(`RevenueCat refused to ${what}: ${status}, ${message.replace(/\.$/, '')}.${advice}`)
  }
}

/** A user may be waiting: with the timeout of each attempt, 16 s at most. */
const policy: RetryPolicy = { maxAttempts: 3, firstDelayMs: 250, maxDelayMs: 1_000, maxRetryAfterMs: 2_000 }

const refusal = z.looseObject({ message: z.string().max(500).optional().catch(undefined) }).catch({})

/** RevenueCat's HTTP API, v1 or v2 depending on the key. */
export function createApi({ apiUrl, apiKey, timeoutMs = 4_000, retryClock = { clock, wait } }: ApiOptions): Api {
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' }
  const requestOnce = async (method: string, path: string): Promise<ApiResponse> => {
    const signal = AbortSignal.timeout(timeoutMs)
    const answered = fetch(apiUrl + path, { method, headers, redirect: 'error', signal })
    const response = await answered.catch(asUnavailable)
    const body = parseJson(await response.text().catch(asUnavailable))
    const { status } = response
    // 423: a concurrent request has locked the customer.
    if (status === 423 || status === 429 || status >= 500 || (response.ok && body === undefined)) {
      const retryAt = retryAtOf(response.headers.get('retry-after'), body, retryClock.clock())
      throw new ProviderUnavailable('RevenueCat', { cause: new Error(`it answered ${status}`), retryAt })
    }
    return { status, isOk: response.ok, body }
  }
  return (method, path) => retry(retryClock, policy, () => requestOnce(method, path))
}

const clock = () => new Date()

function asUnavailable(cause: unknown): never {
  throw new ProviderUnavailable('RevenueCat', { cause })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const backoff = z.looseObject({ backoff_ms: z.number().min(0).max(86_400_000).optional().catch(undefined) }).catch({})

/** From the Retry-After header, or from what API v2 says in the body. */
function retryAtOf(header: string | null, body: unknown, now: Date): Date | null {
  const retryAt = parseRetryAfter(header, now)
  if (retryAt) return retryAt
  const { backoff_ms: pause } = backoff.parse(body)
  return pause === undefined ? null : new Date(now.getTime() + pause)
}
