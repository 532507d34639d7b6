import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import { isDatabaseAway } from '../database/database-away.ts'
import type { Log } from '../watching/log.ts'

const againMs = 500

export interface KeptRunner {
  /** Rejects when no other one can begin. */
  readonly ended: Promise<void>
  current(): Runner
}

/**
 * A runner ends, without a word, when it cannot note what became of a job: Postgres is away. Another one begins as soon
 * as it is back; the old one ends what it is at, and what it holds beyond that is given to others as a dead worker's jobs.
 */
export function keepRunning(
  begin: () => Promise<Runner>,
  first: Runner,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): KeptRunner {
  let runner = first
  const pause = () => setTimeout(againMs, undefined, { signal }).catch(() => undefined)
  const keep = async (): Promise<void> => {
    let isRunning = true
    for (;;) {
      // A runner that lost its database says that it stops, and its promise may hang. One that could not note what became
      // of a job takes no other, and stops when the longest of those at work has ended, which may be minutes.
      const stops = ['stop', 'pool:gracefulShutdown'].map((event) => once(runner.events, event))
      if (isRunning) await Promise.race([runner.promise, ...stops])
      if (signal.aborted) return
      if (isRunning) log.warn('the queue ended by itself; it begins again')
      await pause()
      const next = await begin().catch((error: unknown) => {
        if (!isDatabaseAway(error)) throw error
      })
      isRunning = next !== undefined
      if (next) runner = next
      // It began while the end was asked for.
      if (next && signal.aborted) await next.stop()
    }
  }
  return { ended: keep(), current: () => runner }
}
