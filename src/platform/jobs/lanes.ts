/**
 * Jobs of a lane never wait for jobs of another one: each lane has its own number of running jobs in a process. A lane is
 * stored as the `priority` of the job, its place in this list: graphile-worker's index begins with that column, so taking
 * the next job of a lane reads nothing of the other lanes. Add new lanes at the end: the places are in the database.
 */
export const lanes = ['default', 'files', 'render', 'send', 'replies'] as const

export type Lane = (typeof lanes)[number]

/** How many jobs of each lane a process runs at once; with 0 it runs none of them. */
export type JobConcurrency = Readonly<Record<Lane, number>>

/** For a process with two cores: `files` and `render` use a core each, `send` and `replies` wait for other services. */
export const defaultJobConcurrency: JobConcurrency = { default: 4, files: 1, render: 1, send: 32, replies: 32 }

/** How the queue stores the lane. */
export const priorityOf = (lane: Lane): number => lanes.indexOf(lane)

/** The lane of a job by its priority; null where no version of this program added it. */
export const laneOf = (priority: number): Lane | null => lanes[priority] ?? null
