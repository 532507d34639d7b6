import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { askAgain, type Patience } from '../../platform/ask-again.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'

export interface ApiOptions {
  readonly apiUrl: string
  readonly apiKey: string
  /** How long one try may take. */
  readonly timeoutMs?: number | undefined
  readonly patience?: Patience | undefined
}

/** What RevenueCat said, be it yes or no. */
export interface ApiAnswer {
  readonly status: number
  readonly isOk: boolean
  readonly body: unknown
}

/** Asks; throws ProviderUnavailable where RevenueCat does not answer within bounds. */
export type Api = (method: 'GET' | 'POST', path: string) => Promise<ApiAnswer>

/** RevenueCat says no, and would again: the key, or what was asked for. */
export class RevenueCatRefused extends Error {
  override readonly name = 'RevenueCatRefused'

  constructor(what: string, { status, body }: ApiAnswer) {
    const { message = 'no reason' } = refusal.parse(body)
    const hint = status === 401 || status === 403 ? ' Check REVENUECAT_API_KEY and REVENUECAT_API_KEY_V2.' : ''
    super(`RevenueCat refused to ${what}: ${status}, ${message.replace(/\.$/, '')}.${hint}`)
  }
}

/** A person may be waiting: with the time that each try may take, 16 s at most. */
const bounds = { mostTries: 3, firstPauseMs: 250, longestPauseMs: 1_000, longestRetryAfterMs: 2_000 }

const refusal = z.looseObject({ message: z.string().max(500).optional().catch(undefined) }).catch({})

/** RevenueCat's HTTP API, v1 or v2 as the key is for. */
export function createApi({ apiUrl, apiKey, timeoutMs = 4_000, patience = { clock, wait } }: ApiOptions): Api {
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'application/json' }
  const askOnce = async (method: string, path: string): Promise<ApiAnswer> => {
    const signal = AbortSignal.timeout(timeoutMs)
    const answered = fetch(apiUrl + path, { method, headers, redirect: 'error', signal })
    const response = await answered.catch(asUnavailable)
    const body = parseJson(await response.text().catch(asUnavailable))
    const { status } = response
    // 423: another request works on the same customer.
    if (status === 423 || status === 429 || status >= 500 || (response.ok && body === undefined)) {
      const retryAt = retryAtOf(response.headers.get('retry-after'), body, patience.clock())
      throw new ProviderUnavailable('RevenueCat', { cause: new Error(`it answered ${status}`), retryAt })
    }
    return { status, isOk: response.ok, body }
  }
  return (method, path) => askAgain(patience, bounds, () => askOnce(method, path))
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

/** A header of seconds or of a date, or what API v2 says in the body. */
function retryAtOf(header: string | null, body: unknown, now: Date): Date | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,6}$/.test(text)) return new Date(now.getTime() + Number(text) * 1_000)
  const date = new Date(text)
  if (!Number.isNaN(date.getTime())) return date
  const { backoff_ms: pause } = backoff.parse(body)
  return pause === undefined ? null : new Date(now.getTime() + pause)
}
