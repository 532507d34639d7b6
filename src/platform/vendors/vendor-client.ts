import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { ProviderUnavailable } from '../errors.ts'
import { parseRetryAfter, type RetryPolicy, retry } from '../retry.ts'
import { parseJson, readBody, readText } from './read-body.ts'
import { readRefusal } from './read-refusal.ts'
import { VendorRefused } from './vendor-refused.ts'

/** One HTTP request to a vendor, for metrics. */
export interface VendorRequest {
  readonly vendor: string
  /** For example 'transcribe'. */
  readonly operation: string
  readonly outcome: 'ok' | 'refused' | 'rate_limited' | 'failed' | 'timeout' | 'aborted'
  readonly seconds: number
}

/** What a vendor says is left of one of its limits, for metrics. */
export interface VendorQuota {
  readonly vendor: string
  /** For example 'requests', 'tokens'. */
  readonly kind: string
  readonly remaining: number
}

export interface VendorReports {
  /** A client was created: its counts begin at 0. */
  readonly onClient?: ((client: Pick<VendorRequest, 'vendor' | 'operation'>) => void) | undefined
  readonly onRequest?: ((request: VendorRequest) => void) | undefined
  readonly onQuota?: ((quota: VendorQuota) => void) | undefined
}

export interface VendorClock {
  readonly clock: Clock
  /** Resolves after `ms`; rejects when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface VendorClientOptions extends VendorReports {
  /** The name in messages and metrics: 'Groq'. */
  readonly vendor: string
  /** What its requests do, in metrics: 'transcribe'. */
  readonly operation: string
  /** Removed from the vendor's messages. */
  readonly apiKey: string
  /** The timeout of one attempt, with the body of the response. */
  readonly timeoutMs: number
  readonly policy: RetryPolicy
  readonly vendorClock?: VendorClock | undefined
  /** The limits that the headers of a response state. */
  readonly quotasOf?: (headers: Headers) => readonly Omit<VendorQuota, 'vendor'>[]
  /** When a retry may succeed, where a response has no Retry-After. */
  readonly retryAtOf?: (response: { readonly status: number; readonly body: unknown }, now: Date) => Date | null
  /** A sentence that says what to do about a refusal. */
  readonly adviceOn?: (status: number) => string | null
}

export interface VendorRequestOptions extends Omit<RequestInit, 'signal' | 'redirect'> {
  readonly signal: AbortSignal
  /** Called before each attempt. If it throws, no request is sent; a ProviderUnavailable is retried by the policy. */
  readonly beforeAttempt?: (() => Promise<void>) | undefined
}

/** A successful response. Its body can be read once. */
export interface VendorResponse {
  readonly status: number
  readonly headers: Headers
  /** The chunks of the body. Throws VendorRefused if there are more bytes, ProviderUnavailable if the connection fails. */
  read(maxBytes: number): AsyncIterable<Uint8Array>
  /** The text of a JSON body. Throws also ProviderUnavailable if it is not JSON: it is then from a proxy. */
  readJson(maxBytes: number): Promise<string>
}

/** Sends requests to one vendor. */
export interface VendorClient {
  send<Result>(
    url: string | URL,
    options: VendorRequestOptions,
    read: (response: VendorResponse) => Promise<Result>,
  ): Promise<Result>
}

/** The body of an error is read for its message only. */
const maxErrorBytes = 64 * 1024

/**
 * Creates a client of a vendor's HTTP API, with a timeout for each attempt and bounded bodies. Network errors, timeouts,
 * 408, 429 and 5xx are retried by the policy and Retry-After, and end as ProviderUnavailable. Other statuses are
 * VendorRefused at once. An aborted signal ends all attempts with its reason. Errors contain neither requests nor
 * bodies of responses, which may be personal data.
 */
export function createVendorClient(options: VendorClientOptions): VendorClient {
  const { vendor, operation, policy, vendorClock: { clock, wait } = systemClock, onClient } = options
  onClient?.({ vendor, operation })
  return {
    async send(url, { signal, beforeAttempt, ...init }, read) {
      const attempt = async () => {
        signal.throwIfAborted()
        await beforeAttempt?.()
        return await sendOnce(options, { url, signal, init, read, clock })
      }
      try {
        return await retry({ clock, wait: (ms) => wait(ms, signal) }, policy, attempt)
      } catch (error) {
        signal.throwIfAborted()
        throw error
      }
    },
  }
}

const systemClock: VendorClock = {
  clock: () => new Date(),
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }),
}

interface Attempt<Result> {
  readonly url: string | URL
  readonly signal: AbortSignal
  readonly init: RequestInit
  readonly read: (response: VendorResponse) => Promise<Result>
  readonly clock: Clock
}

async function sendOnce<Result>(options: VendorClientOptions, attempt: Attempt<Result>): Promise<Result> {
  const { vendor, operation, timeoutMs, quotasOf, onQuota, onRequest } = options
  const { url, signal, init, read, clock } = attempt
  const startedAt = performance.now()
  const timeout = AbortSignal.timeout(timeoutMs)
  const end = new AbortController()
  let outcome: VendorRequest['outcome'] = 'failed'
  try {
    const either = AbortSignal.any([signal, timeout, end.signal])
    const response = await fetch(url, { ...init, redirect: 'error', signal: either }).catch((cause: unknown) => {
      throw unavailable(options, cause)
    })
    for (const quota of quotasOf?.(response.headers) ?? []) onQuota?.({ vendor, ...quota })
    if (!response.ok) {
      if (response.status === 429) outcome = 'rate_limited'
      throw await errorOf(options, response, clock)
    }
    const result = await read(readable(options, response))
    outcome = 'ok'
    return result
  } catch (error) {
    if (signal.aborted) outcome = 'aborted'
    else if (timeout.aborted) outcome = 'timeout'
    else if (error instanceof VendorRefused) outcome = 'refused'
    if (outcome === 'timeout') throw unavailable(options, new Error(`it did not answer within ${timeoutMs} ms`))
    throw error
  } finally {
    // Ends a response whose body was not read to its end.
    end.abort()
    onRequest?.({ vendor, operation, outcome, seconds: (performance.now() - startedAt) / 1_000 })
  }
}

function readable(options: VendorClientOptions, response: Response): VendorResponse {
  const { status, headers } = response
  const read = (maxBytes: number) =>
    readBody(response, {
      maxBytes,
      onTooLarge: () => new VendorRefused(options.vendor, null, `${options.vendor} sent more than ${maxBytes} bytes.`),
      onFailure: (cause) => unavailable(options, cause),
    })
  return {
    status,
    headers,
    read,
    async readJson(maxBytes) {
      const text = await readText(read(maxBytes))
      if (parseJson(text) === undefined) throw unavailable(options, new Error(`it answered ${status} without JSON`))
      return text
    },
  }
}

/** The only place that names the vendor in a ProviderUnavailable. */
function unavailable({ vendor }: VendorClientOptions, cause: unknown, retryAt: Date | null = null) {
  return new ProviderUnavailable(vendor, { cause, retryAt })
}

async function errorOf(options: VendorClientOptions, response: Response, clock: Clock): Promise<Error> {
  const { vendor, apiKey, retryAtOf, adviceOn } = options
  const { status, headers } = response
  const body = parseJson(await readText(readable(options, response).read(maxErrorBytes)).catch(() => ''))
  if (status === 408 || status === 429 || status >= 500) {
    const now = clock()
    const retryAt = parseRetryAfter(headers.get('retry-after'), now) ?? retryAtOf?.({ status, body }, now) ?? null
    return unavailable(options, new Error(`it answered ${status}`), retryAt)
  }
  const { reason, code } = readRefusal(body)
  const advice = adviceOn?.(status)
  const about = `${status}, ${reason?.replaceAll(apiKey, '[key]') ?? 'no reason'}`
  return new VendorRefused(vendor, status, `${vendor} refused a request: ${about}.${advice ? ` ${advice}` : ''}`, {
    code,
  })
}
