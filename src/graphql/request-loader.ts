import DataLoader from 'dataloader'
import type { Context } from './context.ts'

/**
 * A loader for each request: the values of all ids that one answer asks for are read by one call of `read`. Values are
 * not cached: a subscription keeps one context for all of its events.
 */
export function requestLoader<Value>(
  read: (context: Context, ids: readonly string[]) => Promise<readonly Value[]>,
): (context: Context) => DataLoader<string, Value> {
  const loaders = new WeakMap<Context, DataLoader<string, Value>>()
  return (context) => {
    const existing = loaders.get(context)
    if (existing) return existing
    const loader = new DataLoader<string, Value>(async (ids) => [...(await read(context, ids))], { cache: false })
    loaders.set(context, loader)
    return loader
  }
}
