/** What is not done by then is left to the next run: a worker has four slots for everybody's jobs. */
const longestMs = 5 * 60_000

export interface Batches {
  /** How many rows a batch takes at most. */
  readonly size: number
  readonly mostMs?: number
}

/**
 * Repeats a batch until it takes fewer rows than it may, or the time is over; resolves to how many all of them took. For
 * what grows with a table: a statement has 4.5 s and a transaction 10 s, and what one of them cannot do it never can. Each
 * batch commits by itself, so a job that is killed or fails half way keeps what it did.
 */
export async function inBatches(
  { size, mostMs = longestMs }: Batches,
  take: (size: number) => Promise<number>,
): Promise<number> {
  const end = performance.now() + mostMs
  let taken = 0
  for (;;) {
    const count = await take(size)
    taken += count
    if (count < size || performance.now() >= end) return taken
  }
}
