/** The rest is left to the next run: a worker has only four slots for the jobs of the default lane. */
const longestMs = 5 * 60_000

export interface Batches {
  /** The most rows of a batch. */
  readonly size: number
  readonly mostMs?: number
  /** Once it is aborted, no further batch begins: rejects with its reason. */
  readonly signal?: AbortSignal
}

/**
 * Repeats a batch until it takes fewer rows than `size`, or the time is over. Resolves to the number of rows taken. For
 * work that grows with a table: a statement may take 4.5 s and a transaction 10 s, so work that does not fit in one
 * could never complete. Each batch commits by itself, so a job that is killed or fails keeps the completed batches.
 */
export async function inBatches(
  { size, mostMs = longestMs, signal }: Batches,
  take: (size: number) => Promise<number>,
): Promise<number> {
  const end = performance.now() + mostMs
  let taken = 0
  for (;;) {
    signal?.throwIfAborted()
    const count = await take(size)
    taken += count
    if (count < size || performance.now() >= end) return taken
  }
}
