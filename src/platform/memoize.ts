import { LRUCache } from 'lru-cache'

/**
 * Calls `read` at most once per `forMs`: calls in that time, also concurrent ones, share its promise, whether it resolves
 * or rejects. The time counts from the call of `read`.
 *
 * The cache holds the promise itself. `LRUCache.fetch` and p-memoize hold results only and forget rejections, so every
 * request would read from a database that is down.
 */
export function memoize<Value>(
  forMs: number,
  read: () => Promise<Value>,
  now: () => number = () => performance.now(),
): () => Promise<Value> {
  const cache = new LRUCache<'last', Promise<Value>>({
    max: 1,
    ttl: forMs,
    ttlResolution: 0,
    perf: { now },
    memoMethod: () => read(),
  })
  return () => cache.memo('last')
}
