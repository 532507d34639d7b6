import { isDatabaseAway } from '../../platform/database/database-away.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'

/** Somebody else's trouble, or the way there: no key and no rule of ours is wrong. */
export class NoAnswer extends Error {}

/** A status that says nothing of what was asked or by whom: try again later. */
export const isTrouble = (status: number) => status >= 500 || [408, 423, 429].includes(status)

/** The answer; throws NoAnswer for one that says nothing of what was asked. */
export function answerOf(response: Response): Response {
  if (isTrouble(response.status)) throw new NoAnswer(`it answered ${response.status}`)
  return response
}

/** Whether nobody answered, or only that it cannot answer now; by the error or by any of its causes. */
export function isNoAnswer(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof NoAnswer) return true
  const status = statusOf(error)
  if (status !== undefined) return isTrouble(status)
  if (isDatabaseAway(error) || error.name === 'TimeoutError' || /timed out|fetch failed/.test(error.message))
    return true
  if (!(error instanceof ProviderUnavailable)) return isNoAnswer(error.cause)
  // Without a status anywhere there was none: Clerk's library hides why.
  return statusBelow(error) === undefined || isNoAnswer(error.cause)
}

function statusBelow(error: unknown): number | undefined {
  return error instanceof Error ? (statusOf(error) ?? statusBelow(error.cause)) : undefined
}

/** Clerk's library, the bucket's client and our own words each say it in a place of their own. */
function statusOf(error: Error): number | undefined {
  const { status, $metadata } = error as { status?: number; $metadata?: { httpStatusCode?: number } }
  const told = /\banswered (\d{3})\b/.exec(error.message)?.[1]
  return status ?? $metadata?.httpStatusCode ?? (told === undefined ? undefined : Number(told))
}
