import type { WorkerEvents } from 'graphile-worker'

/** What the pools of workers of this process do. Jobs are held by a pool (`pool-…`), not by the single worker. */
export interface JobsAtWork {
  /** Every pool that there is. */
  pools(): string[]
  /** Those that work, or whose workers the queue has answered lately. */
  living(): string[]
  /** Whether there is one that neither works nor was answered for long, or ever since it began. */
  isDeaf(): boolean
  /** Jobs that these pools hold with good reason: at work, or ended so lately that this may not be noted yet. */
  jobs(): string[]
  /** From now on these pools are not ours. */
  forget(): void
}

interface Pool {
  readonly begunAt: number
  readonly atWork: Set<string>
  /** Ended since the last look, and before it. */
  ended: Set<string>
  endedBefore: Set<string>
  answeredAt: number | null
}

export interface WatchOptions {
  readonly deafMs: number
  /** The queue has answered a worker of the pool for the first time. */
  readonly onAlive: (poolId: string) => void
}

/** Follows the queue's own events. */
export function watchJobsAtWork(events: WorkerEvents, { deafMs, onAlive }: WatchOptions): JobsAtWork {
  const pools = new Map<string, Pool>()
  const answered = (id: string) => {
    const pool = pools.get(id)
    if (pool?.answeredAt === null) onAlive(id)
    if (pool) pool.answeredAt = performance.now()
    return pool
  }
  events.on('pool:create', ({ workerPool: { id } }) => {
    const begunAt = performance.now()
    pools.set(id, { begunAt, atWork: new Set(), ended: new Set(), endedBefore: new Set(), answeredAt: null })
  })
  events.on('pool:release', ({ workerPool }) => pools.delete(workerPool.id))
  events.on('worker:getJob:empty', ({ worker }) => answered(worker.workerPool.id))
  events.on('job:start', ({ worker, job }) => answered(worker.workerPool.id)?.atWork.add(job.id))
  events.on('job:complete', ({ worker, job }) => {
    const pool = answered(worker.workerPool.id)
    pool?.atWork.delete(job.id)
    pool?.ended.add(job.id)
  })
  const isWithin = (instant: number | null) => instant !== null && performance.now() - instant < deafMs

  return {
    pools: () => [...pools.keys()],
    living: () =>
      [...pools].flatMap(([id, { atWork, answeredAt }]) => (atWork.size > 0 || isWithin(answeredAt) ? [id] : [])),
    isDeaf: () =>
      [...pools.values()].some(
        ({ atWork, answeredAt, begunAt }) => atWork.size === 0 && !isWithin(answeredAt ?? begunAt),
      ),
    jobs: () =>
      [...pools.values()].flatMap((pool) => {
        const held = [...pool.atWork, ...pool.ended, ...pool.endedBefore]
        pool.endedBefore = pool.ended
        pool.ended = new Set()
        return held
      }),
    forget: () => pools.clear(),
  }
}
