import pTimeout from 'p-timeout'

/**
 * Resolves or rejects as `work` does. Rejects with the error of `late` when that takes longer than `ms`; the work itself
 * is not stopped.
 */
export function withTimeout<Value>(
  ms: number,
  work: Promise<Value>,
  late: () => Error = () => new Error('timed out'),
): Promise<Value> {
  return pTimeout(work, {
    milliseconds: ms,
    // With a fallback the package makes no error, whose stack trace costs most, for work that ends in time.
    fallback: () => {
      throw late()
    },
  })
}

/** Whether `work` resolves within `ms`; rejects as `work` does. The work itself is not stopped. */
export function resolvesWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  return pTimeout(
    work.then(() => true),
    { milliseconds: ms, fallback: () => false },
  )
}
