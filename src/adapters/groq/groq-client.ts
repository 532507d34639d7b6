import type { RetryPolicy } from '../../platform/retry.ts'
import {
  createVendorClient,
  type VendorClient,
  type VendorClock,
  type VendorReports,
} from '../../platform/vendors/vendor-client.ts'

export interface GroqOptions extends VendorReports {
  readonly apiKey: string
  /** With the version: https://api.groq.com/openai/v1. */
  readonly apiUrl: string
  readonly timeoutMs?: number | undefined
  readonly vendorClock?: VendorClock | undefined
}

/** A job waits, not a user. A longer Retry-After, of a limit by the hour or day, is for the next attempt of the job. */
const policy: RetryPolicy = { maxAttempts: 4, firstDelayMs: 1_000, maxDelayMs: 8_000, maxRetryAfterMs: 30_000 }

/** A client of Groq's API that reports the limits that are left. */
export function createGroqClient(
  options: GroqOptions & { readonly operation: string; readonly timeoutMs: number },
): VendorClient {
  return createVendorClient({ ...options, vendor: 'Groq', policy, quotasOf, adviceOn })
}

const quotaHeader = /^x-ratelimit-remaining-(requests|tokens|audio-seconds)$/

function quotasOf(headers: Headers) {
  return [...headers].flatMap(([name, value]) => {
    const kind = quotaHeader.exec(name)?.[1]
    const remaining = Number.parseFloat(value)
    return kind === undefined || Number.isNaN(remaining) ? [] : [{ kind, remaining }]
  })
}

function adviceOn(status: number): string | null {
  if (status === 401 || status === 403) return 'Check GROQ_API_KEY.'
  return status === 413 ? 'The file is too large.' : null
}
