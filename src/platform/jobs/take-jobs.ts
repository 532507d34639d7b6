import type { Pool } from 'pg'
import { returnJob } from '../compat/graphile-worker/job-outcomes.ts'
import { type TakenJob, takeJobs } from '../compat/graphile-worker/take-jobs.ts'
import { readHeldJobs } from '../compat/graphile-worker/workers.ts'
import type { Log } from '../observability/log.ts'
import { type Attempt, beginAttempt } from './attempt.ts'
import type { JobHandler } from './define-job.ts'
import { JobAborted } from './job-run.ts'
import { type JobConcurrency, laneOf, lanes, storedPrioritiesOf } from './lanes.ts'

/** Finds jobs that become due by time; that jobs were added is notified. */
const pollMs = 1_000

export interface JobTaker {
  /** Jobs may have become due. */
  wake(): void
  /** Running jobs may have been cancelled. */
  check(): void
  /** The ids of the running jobs. */
  running(): string[]
  /** When the queue last answered, by performance.now(); null when it never has. */
  answeredAt(): number | null
  /** Takes no more jobs, and aborts those that run. Resolves once each has ended and its outcome is stored. */
  stop(): Promise<void>
}

export interface JobTakerOptions {
  readonly pool: Pool
  readonly worker: string
  readonly handlers: readonly JobHandler[]
  readonly concurrency: JobConcurrency
  readonly log: Log
  /** Aborted when the worker has ended. */
  readonly closed: AbortSignal
  /** The queue answered for the first time. */
  readonly onFirstAnswer: () => void
}

/** Takes jobs whenever a lane has a free slot, all lanes in one statement, and runs them. */
export function startTaking(options: JobTakerOptions): JobTaker {
  const { pool, worker, concurrency, log } = options
  const handlers = new Map(options.handlers.map((handler) => [handler.name, handler]))
  const names = [...handlers.keys()]
  const attempts = new Set<Attempt>()
  let answeredAt: number | null = null
  let isStopping = false

  const freeSlots = () =>
    lanes
      .map((lane) => {
        const used = [...attempts].filter(({ job }) => laneOf(job.priority) === lane).length
        return { priorities: storedPrioritiesOf(lane), slots: concurrency[lane] - used }
      })
      .filter(({ slots }) => slots > 0)

  const begin = (job: TakenJob) => {
    const handler = handlers.get(job.name)
    if (!handler) throw new Error(`The queue gave the job ${job.name}, which was not asked for.`)
    const attempt = beginAttempt(job, handler, options)
    attempts.add(attempt)
    void attempt.ended.then(() => {
      attempts.delete(attempt)
      taking.run()
    })
  }

  const taking = onceAtATime(async () => {
    const free = freeSlots()
    if (isStopping || free.length === 0) return
    try {
      const jobs = await takeJobs(pool, worker, free, names)
      const isFirst = answeredAt === null
      answeredAt = performance.now()
      if (isFirst) options.onFirstAnswer()
      if (isStopping) await giveBack(jobs)
      else jobs.forEach(begin)
    } catch (error) {
      log.debug({ err: error }, 'Failed to acquire jobs; trying again')
    }
  })

  /** They were taken while the worker began to stop. */
  const giveBack = async (jobs: readonly TakenJob[]) => {
    await Promise.all(jobs.map(({ id, revision, attempt }) => returnJob(pool, { id, revision, worker }, attempt)))
  }

  const checking = onceAtATime(async () => {
    const checked = [...attempts]
    if (checked.length === 0) return
    try {
      const held = await readHeldJobs(
        pool,
        worker,
        checked.map(({ job }) => job.id),
      )
      for (const { job, abort } of checked) {
        const row = held.find(({ id, revision }) => id === job.id && revision === job.revision)
        if (!row) abort.abort(new JobAborted('lost'))
        else if (row.isCancelled) abort.abort(new JobAborted('cancelled'))
      }
    } catch (error) {
      log.debug({ err: error }, 'whether jobs were cancelled could not be read; trying again')
    }
  })

  const timer = setInterval(() => {
    taking.run()
    checking.run()
  }, pollMs)
  taking.run()

  return {
    wake: taking.run,
    check: checking.run,
    running: () => [...attempts].map(({ job }) => job.id),
    answeredAt: () => answeredAt,
    async stop() {
      isStopping = true
      clearInterval(timer)
      for (const { abort } of attempts) abort.abort(new JobAborted('shutdown'))
      await Promise.all([taking.idle(), ...[...attempts].map(({ ended }) => ended)])
    },
  }
}

/** Runs the work, never twice at once. A call during a run starts one more run after it. The work never rejects. */
function onceAtATime(work: () => Promise<void>) {
  let running: Promise<void> | null = null
  let isRequested = false
  const loop = async () => {
    do {
      isRequested = false
      await work()
    } while (isRequested)
    running = null
  }
  return {
    run() {
      isRequested = true
      running ??= loop()
    },
    idle: async () => running,
  }
}
