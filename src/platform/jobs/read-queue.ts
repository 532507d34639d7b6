import type { Pool } from 'pg'
import { countGivenUpJobs, countLimit, type QueueReading, readDueJobs } from '../compat/graphile-worker/read-jobs.ts'
import { type Lane, laneOf, lanes, storedPrioritiesOf } from './lanes.ts'

export type { QueueReading }
export { countLimit }

/** The jobs of each lane that are due and not running, of all processes. */
export async function readQueue(pool: Pick<Pool, 'query'>): Promise<Readonly<Record<Lane, QueueReading>>> {
  const rows = await readDueJobs(pool, lanes.flatMap(storedPrioritiesOf))
  const readingOf = (lane: Lane): QueueReading => {
    const readings = rows.filter(({ priority }) => laneOf(priority) === lane)
    const depth = readings.reduce((sum, reading) => sum + reading.depth, 0)
    return {
      depth: Math.min(depth, countLimit),
      oldestSeconds: Math.max(0, ...readings.map((one) => one.oldestSeconds)),
    }
  }
  return Object.fromEntries(lanes.map((lane) => [lane, readingOf(lane)])) as Record<Lane, QueueReading>
}

/** How many jobs of all processes failed too often and are not tried again, up to `countLimit`. */
export const countGivenUp = countGivenUpJobs
