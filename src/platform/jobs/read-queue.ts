import type { Pool } from 'pg'
import { countGivenUpJobs, type QueueReading, readDueJobs } from '../compat/graphile-worker.ts'
import { type Lane, lanes, priorityOf } from './lanes.ts'

export { countLimit } from '../compat/graphile-worker.ts'
export type { QueueReading }

/** The jobs of each lane that are due and not running, of all processes. */
export async function readQueue(pool: Pick<Pool, 'query'>): Promise<Readonly<Record<Lane, QueueReading>>> {
  const rows = await readDueJobs(pool, lanes.map(priorityOf))
  const readingOf = (lane: Lane): QueueReading => {
    const { depth = 0, oldestSeconds = 0 } = rows.find(({ priority }) => priority === priorityOf(lane)) ?? {}
    return { depth, oldestSeconds }
  }
  return Object.fromEntries(lanes.map((lane) => [lane, readingOf(lane)])) as Record<Lane, QueueReading>
}

/** How many jobs of all processes failed too often and are not tried again, up to `countLimit`. */
export const countGivenUp = countGivenUpJobs
