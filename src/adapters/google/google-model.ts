import { z } from 'zod'
import type { RetryPolicy } from '../../platform/retry.ts'
import { createLibraryFetch } from '../../platform/vendors/library-fetch.ts'
import { createVendorClient, type VendorClock, type VendorReports } from '../../platform/vendors/vendor-client.ts'

export interface GoogleOptions extends VendorReports {
  readonly apiKey: string
  /** With the version: https://generativelanguage.googleapis.com/v1beta. */
  readonly apiUrl: string
  readonly timeoutMs?: number | undefined
  readonly vendorClock?: VendorClock | undefined
}

/** An alias of the newest small model: Google shuts models down about a year after their release. */
const model = 'gemini-flash-lite-latest'
const defaultTimeoutMs = 60_000
const maxResponseBytes = 1024 ** 2

/** A job waits, not a user. */
const policy: RetryPolicy = { maxAttempts: 4, firstDelayMs: 1_000, maxDelayMs: 8_000, maxRetryAfterMs: 30_000 }

/** A Gemini language model, as the planner takes one. */
export function createGoogleModel({ timeoutMs = defaultTimeoutMs, ...options }: GoogleOptions) {
  const described = { vendor: 'Google', operation: 'plan', policy, retryAtOf, adviceOn }
  const client = createVendorClient({ ...options, ...described, timeoutMs })
  const fetch = createLibraryFetch(client, maxResponseBytes)
  return {
    vendor: 'Google',
    async load() {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle({ baseURL: options.apiUrl, apiKey: options.apiKey, fetch })(model)
    },
    providerOptions: {},
  }
}

const exhausted = z.object({ error: z.object({ details: z.array(z.looseObject({ retryDelay: z.unknown() })) }) })

/** Google sends no Retry-After. A detail of the error has the delay: '36.4s'. */
function retryAtOf({ body }: { readonly body: unknown }, now: Date): Date | null {
  const { data } = exhausted.safeParse(body)
  const delays = data?.error.details.flatMap(({ retryDelay }) => /^(\d{1,6}(\.\d+)?)s$/.exec(String(retryDelay)) ?? [])
  const seconds = delays?.[1]
  return seconds === undefined ? null : new Date(now.getTime() + Math.ceil(Number(seconds) * 1_000))
}

const adviceOn = (status: number) => (status === 401 || status === 403 ? 'Check GOOGLE_API_KEY.' : null)
