import type { Clock } from '../../platform/clock.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'

export interface Patience {
  readonly clock: Clock
  /** Rejects when somebody no longer wants to wait. */
  readonly wait: (ms: number) => Promise<void>
}

/** With these, one question is given up after two minutes; whatever asked can be run again and goes on. */
const mostTries = 8
const longestPauseMs = 60_000
/** Clerk's limits are counted over ten seconds; one who asks for more than this has another reason. */
const longestRetryAfterMs = 10 * 60_000

/** Clerk does not answer for good; the message says what to do. */
class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

/**
 * Asks Clerk until it answers: again when it said so (Retry-After), or else after 1, 2, 4, … 60 s. Throws GaveUp after
 * eight tries, or at once where the secret key is refused; what Clerk does not take (ClerkRefused) goes through.
 *
 * Our own: p-retry waits by a timer that neither Retry-After nor a test can set, and without it only this loop is left.
 */
export async function patiently<Answer>({ clock, wait }: Patience, ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error
      const status = statusOf(error.cause)
      if (status === 401 || status === 403) {
        throw new GaveUp(`Clerk refuses the secret key (${status}). Check CLERK_SECRET_KEY.`, { cause: error })
      }
      const asked = error.retryAt === null ? null : Math.max(0, error.retryAt.getTime() - clock().getTime())
      const pause = asked ?? Math.min(longestPauseMs, 1_000 * 2 ** (tries - 1))
      if (tries === mostTries || pause > longestRetryAfterMs) {
        const why = error.cause instanceof Error ? ` (${error.cause.message})` : ''
        throw new GaveUp(
          `Clerk did not answer ${tries} times in a row${why}. Run the command again later: what is done stays done.`,
          { cause: error },
        )
      }
      await wait(pause)
    }
  }
}

function statusOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'status' in cause ? cause.status : undefined
}
