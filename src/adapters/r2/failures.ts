import { ProviderUnavailable } from '../../platform/errors.ts'

// Redirect, refused credentials, missing bucket, timeout, rate limit: caused by our configuration or by the state of the
// bucket, never by the request.
const UNAVAILABLE = new Set([301, 307, 401, 403, 404, 408, 429])

/** The error code of the bucket ('NoSuchKey'; 'NotFound' for a HEAD), or '' when it sent none. */
export function failureCode(error: unknown): string {
  return statusOf(error) !== undefined && error instanceof Error ? error.name : ''
}

/**
 * The error to throw for a failure that is not a result. ProviderUnavailable when there was no response, none that could
 * be parsed, or one that the client of the API cannot act on. The failure itself when the request was wrong: that is a
 * bug of ours and must be visible as one.
 */
export function asThrown(error: unknown): unknown {
  if (error instanceof ProviderUnavailable) return error
  const status = statusOf(error)
  const unavailable = status === undefined ? isConnectionFailure(error) : status >= 500 || UNAVAILABLE.has(status)
  return unavailable ? fileStoreUnavailable(error) : error
}

/** Throws ProviderUnavailable without a value that every response of a bucket has: then another server responded. */
export function required<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw fileStoreUnavailable(new Error(`The answer has no ${name}.`))
  return value
}

function fileStoreUnavailable(cause: unknown): ProviderUnavailable {
  return new ProviderUnavailable('fileStore', { cause })
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = (error ?? {}) as {
    $metadata?: { httpStatusCode?: number }
    // The only field when the response could not be parsed.
    $response?: { statusCode?: number }
  }
  return $metadata?.httpStatusCode ?? $response?.statusCode
}

/** Refused, reset, host not found, certificate not trusted (all of them have a `code`), timeout or deadline. */
function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false
  return 'code' in error || error.name === 'TimeoutError' || error.name === 'AbortError'
}
