import type { Pool } from 'pg'
import { pruneProgress } from '../compat/graphile-worker/job-progress.ts'
import { pruneTurns } from '../compat/graphile-worker/turns.ts'
import { findSilentWorkers, unlockUnknownJobs, unlockWorkers } from '../compat/graphile-worker/workers.ts'
import type { Log } from '../observability/log.ts'

export interface HeartbeatTimes {
  readonly beatMs?: number
  readonly deadAfterMs?: number
  /** A worker that has no running job and got no answer from the queue for so long writes no heartbeat. */
  readonly stalledMs?: number
}

export interface HeartbeatOptions extends HeartbeatTimes {
  readonly pool: Pool
  readonly worker: string
  readonly log: Log
  /** The ids of the running jobs. */
  readonly running: () => string[]
  /** When the queue last answered, by performance.now(); null when it never has. */
  readonly answeredAt: () => number | null
}

export interface Heartbeat extends Disposable {
  /** Beats now; until disposed of it also does every `beatMs`. Never rejects. */
  beat(): Promise<void>
}

/**
 * graphile-worker alone would give the jobs of a dead worker to another only after four hours. So every worker writes a
 * row every `beatMs`, and looks as often for jobs that are locked by a worker without a fresh row and unlocks them: the
 * jobs of a killed worker are taken again after `deadAfterMs` + `beatMs` at the latest (80 s by default). So do those that this
 * worker has locked and does not know of: the answer that brought them was lost with its connection.
 *
 * A worker that was only paused may then do a job a second time: the effects of handlers are conditional on the row's state.
 */
export function keepHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { pool, worker, log, running, answeredAt } = options
  const { beatMs = 20_000, deadAfterMs = 60_000, stalledMs = 30_000 } = options
  const begunAt = performance.now()

  const write = async () => {
    await pool.query(
      `INSERT INTO worker_heartbeats (worker_id, seen_at) VALUES ($1, now())
       ON CONFLICT (worker_id) DO UPDATE SET seen_at = excluded.seen_at`,
      [worker],
    )
  }
  const unlockJobsOfSilentWorkers = async () => {
    const workers = await findSilentWorkers(pool, deadAfterMs)
    if (workers.length === 0) return
    log.warn({ workers }, 'workers write no heartbeat any more; their jobs are given to others')
    await unlockWorkers(pool, workers)
  }
  const unlockLostJobs = async () => {
    const jobs = await unlockUnknownJobs(pool, worker, { known: running(), heldMs: deadAfterMs })
    if (jobs.length > 0) log.warn({ jobs }, 'the answer that brought these jobs was lost; they wait again')
  }
  const beat = async () => {
    try {
      const isStalled = running().length === 0 && performance.now() - (answeredAt() ?? begunAt) > stalledMs
      if (isStalled) log.warn({ stalledMs }, 'the queue does not answer this worker')
      else if (answeredAt() !== null) await write()
      await unlockJobsOfSilentWorkers()
      await unlockLostJobs()
      await pool.query(`DELETE FROM worker_heartbeats WHERE seen_at < now() - interval '1 day'`)
      await pruneProgress(pool)
      await pruneTurns(pool)
    } catch (error) {
      log.warn({ err: error }, 'the heartbeat could not be written; trying again')
    }
  }

  const timer = setInterval(beat, beatMs)
  return { beat, [Symbol.dispose]: () => clearInterval(timer) }
}
