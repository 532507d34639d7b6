import { askAgain, type Patience } from '../../platform/ask-again.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'

export type { Patience } from '../../platform/ask-again.ts'

/** With these, one question is given up after two minutes; whatever asked can be run again and goes on. */
const bounds = {
  mostTries: 8,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
  // Clerk's limits are counted over ten seconds; one who asks for more than this has another reason.
  longestRetryAfterMs: 10 * 60_000,
}

/** Clerk does not answer for good; the message says what to do. */
class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

/**
 * Asks Clerk until it answers: again when it said so (Retry-After), or else after 1, 2, 4, … 60 s. Throws GaveUp after
 * eight tries, or at once where the secret key is refused; what Clerk does not take (ClerkRefused) goes through.
 */
export async function patiently<Answer>(patience: Patience, ask: () => Promise<Answer>): Promise<Answer> {
  let tries = 0
  const tryOnce = () => {
    tries += 1
    return ask().catch(refuseKey)
  }
  try {
    return await askAgain(patience, bounds, tryOnce)
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    const why = error.cause instanceof Error ? ` (${error.cause.message})` : ''
    throw new GaveUp(
      `Clerk did not answer ${tries} times in a row${why}. Run the command again later: what is done stays done.`,
      { cause: error },
    )
  }
}

function refuseKey(error: unknown): never {
  const status = error instanceof ProviderUnavailable ? statusOf(error.cause) : undefined
  if (status !== 401 && status !== 403) throw error
  throw new GaveUp(`Clerk refuses the secret key (${status}). Check CLERK_SECRET_KEY.`, { cause: error })
}

function statusOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'status' in cause ? cause.status : undefined
}
