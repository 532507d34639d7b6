import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'

/** The service or the network failed. This says nothing about our keys and settings. */
export class ServiceUnavailable extends Error {}

/** Whether a status is temporary and says nothing about the request or its credentials. */
export const isTemporaryStatus = (status: number) => status >= 500 || [408, 423, 429].includes(status)

/** Returns the response. Throws ServiceUnavailable if its status is temporary. */
export function requireAvailable(response: Response): Response {
  if (isTemporaryStatus(response.status)) throw new ServiceUnavailable(`it answered ${response.status}`)
  return response
}

/** Whether the error or one of its causes shows that the service did not answer or cannot answer now. */
export function isServiceUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof ServiceUnavailable) return true
  const status = statusOf(error)
  if (status !== undefined) return isTemporaryStatus(status)
  if (isDatabaseUnavailable(error) || error.name === 'TimeoutError' || /timed out|fetch failed/.test(error.message))
    return true
  if (!(error instanceof ProviderUnavailable)) return isServiceUnavailable(error.cause)
  // Clerk's library hides network errors: without any status there was no response.
  return statusInCauses(error) === undefined || isServiceUnavailable(error.cause)
}

function statusInCauses(error: unknown): number | undefined {
  return error instanceof Error ? (statusOf(error) ?? statusInCauses(error.cause)) : undefined
}

/** The HTTP status: Clerk's library, the bucket's client and our own messages each have it in another place. */
function statusOf(error: Error): number | undefined {
  const { status, $metadata } = error as { status?: number; $metadata?: { httpStatusCode?: number } }
  const inMessage = /\banswered (\d{3})\b/.exec(error.message)?.[1]
  return status ?? $metadata?.httpStatusCode ?? (inMessage === undefined ? undefined : Number(inMessage))
}
