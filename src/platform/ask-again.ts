import type { Clock } from './clock.ts'
import { ProviderUnavailable } from './errors.ts'

export interface Patience {
  readonly clock: Clock
  /** Rejects when somebody no longer wants to wait. */
  readonly wait: (ms: number) => Promise<void>
}

export interface PatienceBounds {
  readonly mostTries: number
  /** After the first try; twice as long after each other one, up to the longest. */
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** A provider that asks for a longer pause is not waited for. */
  readonly longestRetryAfterMs: number
}

/**
 * Asks a provider until it answers: again when it said so (`retryAt`), or else after pauses that double. Throws the last
 * ProviderUnavailable at the bounds, and everything else at once.
 *
 * Our own: p-retry waits by a timer that neither Retry-After nor a test can set, and without it only this loop is left.
 */
export async function askAgain<Answer>(
  { clock, wait }: Patience,
  { mostTries, firstPauseMs, longestPauseMs, longestRetryAfterMs }: PatienceBounds,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof ProviderUnavailable) || tries === mostTries) throw error
      const asked = error.retryAt && Math.max(0, error.retryAt.getTime() - clock().getTime())
      const pause = asked ?? Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1))
      if (asked !== null && asked > longestRetryAfterMs) throw error
      await wait(pause)
    }
  }
}
