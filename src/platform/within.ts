/** What `work` resolves to; rejects when that takes longer. The work goes on, unheard. */
export async function within<Value>(ms: number, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('timed out')), ms)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}
