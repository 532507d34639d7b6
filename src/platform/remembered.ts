/** What `read` resolved or rejected to the last time, for so long: whoever asks more often, or twice at once, costs no more. */
export function remembered<Value>(forMs: number, read: () => Promise<Value>): () => Promise<Value> {
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<Value> | null = null
  return () => {
    if (reading && performance.now() - readAt < forMs) return reading
    readAt = performance.now()
    reading = read()
    return reading
  }
}
