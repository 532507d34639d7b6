/** What `work` resolves to; rejects, with `late`, when that takes longer. The work goes on, unheard. */
export async function within<Value>(
  ms: number,
  work: Promise<Value>,
  late: () => Error = () => new Error('timed out'),
): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), ms)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}
