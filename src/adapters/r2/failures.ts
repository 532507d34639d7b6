import { ProviderUnavailable } from '../../platform/errors.ts'

// Moved, not let in, no such bucket, too slow, too many: our configuration or the bucket's state, never what was asked.
const UNAVAILABLE = new Set([301, 307, 401, 403, 404, 408, 429])

/** The bucket's own name for a failure ('NoSuchKey'; 'NotFound' for a HEAD), or '' when it gave none. */
export function failureCode(error: unknown): string {
  return statusOf(error) !== undefined && error instanceof Error ? error.name : ''
}

/**
 * What to throw for a failure that is no result: ProviderUnavailable when there was no answer, none that could be read,
 * or one that only we or the bucket can mend; the failure itself when the request was wrong, for that is a defect of
 * ours and has to be seen as one.
 */
export function asThrown(error: unknown): unknown {
  if (error instanceof ProviderUnavailable) return error
  const status = statusOf(error)
  const unavailable = status === undefined ? isSilence(error) : status >= 500 || UNAVAILABLE.has(status)
  return unavailable ? fileStoreUnavailable(error) : error
}

/** A value that every true answer has; ProviderUnavailable without it, for then something else answered. */
export function answered<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw fileStoreUnavailable(new Error(`The answer has no ${name}.`))
  return value
}

function fileStoreUnavailable(cause: unknown): ProviderUnavailable {
  return new ProviderUnavailable('The file store', { cause })
}

function statusOf(error: unknown): number | undefined {
  const { $metadata, $response } = (error ?? {}) as {
    $metadata?: { httpStatusCode?: number }
    // Set alone when the answer could not be parsed.
    $response?: { statusCode?: number }
  }
  return $metadata?.httpStatusCode ?? $response?.statusCode
}

/** Refused, reset, not found, not trusted (all have a `code`), out of time, or past the deadline. */
function isSilence(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false
  return 'code' in error || error.name === 'TimeoutError' || error.name === 'AbortError'
}
