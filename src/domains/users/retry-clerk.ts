import { ProviderUnavailable } from '../../platform/errors.ts'
import { type RetryClock, type RetryPolicy, retry } from '../../platform/retry.ts'

export type { RetryClock } from '../../platform/retry.ts'

/** One request fails after two minutes of retries. The commands that use it can be run again and continue. */
const policy: RetryPolicy = {
  maxAttempts: 8,
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
  // Clerk counts its rate limits over ten seconds, so a longer Retry-After has another cause.
  maxRetryAfterMs: 10 * 60_000,
}

/** Clerk cannot be used for now; the message says what to do. */
class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

/**
 * Sends a request to Clerk until it succeeds: again after Retry-After where Clerk sends it, or else after 1, 2, 4, … 60
 * seconds. Throws GaveUp after eight attempts, and at once where Clerk refuses the secret key. Every other error, such as
 * ClerkRefused, is thrown as it is.
 */
export async function retryClerk<Result>(retryClock: RetryClock, send: () => Promise<Result>): Promise<Result> {
  let attempts = 0
  const attempt = () => {
    attempts += 1
    return send().catch(giveUpOnRefusedKey)
  }
  try {
    return await retry(retryClock, policy, attempt)
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error
    const why = error.cause instanceof Error ? ` (${error.cause.message})` : ''
    throw new GaveUp(
      `Clerk did not answer ${attempts} times in a row${why}. Run the command again later: it continues where it stopped.`,
      { cause: error },
    )
  }
}

function giveUpOnRefusedKey(error: unknown): never {
  const status = error instanceof ProviderUnavailable ? statusOf(error.cause) : undefined
  if (status !== 401 && status !== 403) throw error
  throw new GaveUp(`Clerk refuses the secret key (${status}). Check CLERK_SECRET_KEY.`, { cause: error })
}

function statusOf(cause: unknown): unknown {
  return typeof cause === 'object' && cause !== null && 'status' in cause ? cause.status : undefined
}
