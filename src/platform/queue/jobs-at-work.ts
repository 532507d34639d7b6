import type { WorkerEvents } from 'graphile-worker'

/** What the pools of workers of this process do. Jobs are held by a pool (`pool-…`), not by the single worker. */
export interface JobsAtWork {
  /** Hears of a runner's pools, from before it begins. */
  follow(events: WorkerEvents): void
  /** Every pool that there is. */
  pools(): string[]
  /** Those that work, or whose workers the queue has answered lately. */
  living(): string[]
  /** Whether there is one of the present runner that neither works nor was answered for long, or ever since it began. */
  isDeaf(): boolean
  /** Jobs that these pools hold with good reason: at work, or ended so lately that this may not be noted yet. */
  jobs(): string[]
  /** Another runner begins. The pools that there are live on for as long as they work, also on what they are given yet. */
  retire(): void
  /** Resolves once nothing is at work. */
  idle(): Promise<void>
}

interface Pool {
  readonly begunAt: number
  readonly atWork: Set<string>
  /** Ended since the last look, and before it. */
  ended: Set<string>
  endedBefore: Set<string>
  answeredAt: number | null
  isRetired: boolean
}

export interface WatchOptions {
  readonly deafMs: number
  /** The queue has answered a worker of the pool for the first time. */
  readonly onAlive: (poolId: string) => void
}

/** Goes by the queue's own events. */
export function watchJobsAtWork({ deafMs, onAlive }: WatchOptions): JobsAtWork {
  const pools = new Map<string, Pool>()
  let waiting: (() => void)[] = []
  const isIdle = () => [...pools.values()].every(({ atWork }) => atWork.size === 0)
  const tellIdle = () => {
    if (!isIdle()) return
    for (const resolve of waiting) resolve()
    waiting = []
  }
  const create = (id: string, isRetired = false): Pool => {
    const none = { atWork: new Set<string>(), ended: new Set<string>(), endedBefore: new Set<string>() }
    const pool = { begunAt: performance.now(), ...none, answeredAt: null, isRetired }
    pools.set(id, pool)
    return pool
  }
  const answered = (id: string, pool: Pool | undefined) => {
    if (pool?.answeredAt === null) onAlive(id)
    if (pool) pool.answeredAt = performance.now()
    return pool
  }
  const follow = (events: WorkerEvents) => {
    events.on('pool:create', ({ workerPool }) => create(workerPool.id))
    events.on('pool:release', ({ workerPool: { id } }) => {
      const pool = pools.get(id)
      if (pool?.atWork.size === 0) pools.delete(id)
      else if (pool) pool.isRetired = true
      tellIdle()
    })
    events.on('worker:getJob:empty', ({ worker: { workerPool } }) => answered(workerPool.id, pools.get(workerPool.id)))
    events.on('job:start', ({ worker: { workerPool }, job }) => {
      // A question that was answered only after its pool had ended is worked on all the same.
      answered(workerPool.id, pools.get(workerPool.id) ?? create(workerPool.id, true))?.atWork.add(job.id)
    })
    events.on('job:complete', ({ worker: { workerPool }, job }) => {
      const pool = answered(workerPool.id, pools.get(workerPool.id))
      pool?.atWork.delete(job.id)
      pool?.ended.add(job.id)
      tellIdle()
    })
  }
  const isWithin = (instant: number | null) => instant !== null && performance.now() - instant < deafMs

  return {
    follow,
    pools: () => [...pools.keys()],
    living: () =>
      [...pools].flatMap(([id, { atWork, answeredAt, isRetired }]) =>
        atWork.size > 0 || (!isRetired && isWithin(answeredAt)) ? [id] : [],
      ),
    isDeaf: () =>
      [...pools.values()].some(
        ({ atWork, answeredAt, begunAt, isRetired }) =>
          !isRetired && atWork.size === 0 && !isWithin(answeredAt ?? begunAt),
      ),
    jobs: () =>
      [...pools.values()].flatMap((pool) => {
        const held = [...pool.atWork, ...pool.ended, ...pool.endedBefore]
        pool.endedBefore = pool.ended
        pool.ended = new Set()
        return held
      }),
    retire() {
      for (const pool of pools.values()) pool.isRetired = true
    },
    idle: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        tellIdle()
      }),
  }
}
