import { turnPriority } from '../compat/graphile-worker/turns.ts'

/**
 * Jobs of a lane never wait for jobs of another one: each lane has its own number of running jobs in a process. Add new
 * lanes at the end: their places are in the database.
 */
export const lanes = ['default', 'files', 'render', 'send', 'replies'] as const

export type Lane = (typeof lanes)[number]

/** How many jobs of each lane a process runs at once; with 0 it runs none of them. */
export type JobConcurrency = Readonly<Record<Lane, number>>

/** For a process with two cores: `files` and `render` use a core each, `send` and `replies` wait for other services. */
export const defaultJobConcurrency: JobConcurrency = { default: 4, files: 1, render: 1, send: 32, replies: 32 }

/**
 * The order of the jobs within a lane. A job waits for those of a smaller number in its lane, and for those of its own
 * number that have been due longer.
 * - `interactive`: a person waits for it, or it was promised to one: files, exports, erasures, checkouts.
 * - `sweep`: finds what is due or was lost.
 * - `webhook`: events of providers, which may come by the hundred thousand.
 * - `maintenance`: prunes and verifies.
 */
export const jobPriorities = { interactive: 0, sweep: 5, webhook: 10, maintenance: 20 } as const

export type JobPriority = keyof typeof jobPriorities

/*
 * Lane and priority are stored together, as the `priority` of graphile-worker: its index begins with that column, so each
 * pair is one range of the index, and taking a job reads nothing of other lanes.
 */
const storedPerLane = 100

/** The earlier releases stored the place of the lane alone. */
const storedByEarlierReleases = (lane: Lane) => lanes.indexOf(lane)
const firstStored = (lane: Lane) => (lanes.indexOf(lane) + 1) * storedPerLane

/** How the queue stores the lane and the priority of a job. `takesTurns`: its owner takes turns with others (takesTurnsIn). */
export function storedPriorityOf(lane: Lane, priority: JobPriority, takesTurns: boolean): number {
  return takesTurns && takesTurnsIn(lane) ? turnPriority : firstStored(lane) + jobPriorities[priority]
}

/**
 * Whether users take turns in this lane: then at most one job of a user runs at once, and a user with one file does not wait
 * for another user's fifty. Jobs whose payload has a `userId` take part; their priority does not count.
 */
export const takesTurnsIn = (lane: Lane): boolean => laneOf(turnPriority) === lane

/**
 * The stored priorities of a lane, in the order in which its jobs are taken. What earlier releases added comes first: it is
 * never added to again, so the others wait for it once.
 */
export function storedPrioritiesOf(lane: Lane): number[] {
  const own = Object.values(jobPriorities).map((priority) => firstStored(lane) + priority)
  return [storedByEarlierReleases(lane), ...(takesTurnsIn(lane) ? [turnPriority] : []), ...own]
}

/** The lane of a job by its stored priority; null where no version of this program added it. */
export function laneOf(stored: number): Lane | null {
  return lanes[stored < storedPerLane ? stored : Math.floor(stored / storedPerLane) - 1] ?? null
}
