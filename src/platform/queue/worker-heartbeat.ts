import { makeWorkerUtils, type WorkerEvents } from 'graphile-worker'
import type { Pool } from 'pg'
import type { Log } from '../watching/log.ts'
import { watchJobsAtWork } from './jobs-at-work.ts'

export interface HeartbeatTimes {
  readonly beatMs?: number
  readonly silentMs?: number
  /** A pool of workers without a job whom the queue has answered nothing for so long is dead, whatever else it reaches. */
  readonly deafMs?: number
}

export interface Heartbeat extends AsyncDisposable {
  /** Of a runner that is about to begin, so that every pool of workers it makes has a heartbeat; the only one from now on. */
  follow(events: WorkerEvents): void
  /** Resolves once none of the jobs that were begun is at work. */
  idle(): Promise<void>
  /** What the pools hold is given to others at once. */
  giveBack(): Promise<void>
}

/**
 * The queue alone gives the jobs of a dead worker to another only after four hours. So every process writes a row every
 * `beatMs`, and looks as often for jobs that are held by somebody without a fresh row and unlocks them: a killed worker's
 * jobs go on after `silentMs` + `beatMs` at the latest (80 s by default). So do those that this process holds by the
 * queue's books and does not know of: the answer that brought them was lost with its connection.
 *
 * A worker that was only paused may then do a job a second time: handlers' effects are conditional on the row's state.
 */
export async function keepHeartbeat(
  options: { pool: Pool; log: Log; onDeaf: () => void } & HeartbeatTimes,
): Promise<Heartbeat> {
  const { pool, log, onDeaf, beatMs = 20_000, silentMs = 60_000, deafMs = 30_000 } = options
  const onAlive = (poolId: string) => {
    write([poolId]).catch((error) => log.warn({ err: error }, 'the first heartbeat could not be written'))
  }
  const work = watchJobsAtWork({ deafMs, onAlive })
  const utils = await makeWorkerUtils({ pgPool: pool })

  const write = async (ids: readonly string[]) => {
    await pool.query(
      `INSERT INTO worker_heartbeats (worker_id, seen_at) SELECT unnest($1::text[]), now()
       ON CONFLICT (worker_id) DO UPDATE SET seen_at = excluded.seen_at`,
      [ids],
    )
  }
  const takeOver = async () => {
    const { rows } = await pool.query<{ worker_id: string }>(
      `SELECT DISTINCT locked_by AS worker_id FROM graphile_worker.jobs
       WHERE locked_at < now() - $1 * interval '1 ms' AND NOT EXISTS (
         SELECT FROM worker_heartbeats WHERE worker_id = locked_by AND seen_at > now() - $1 * interval '1 ms')`,
      [silentMs],
    )
    const dead = rows.map((row) => row.worker_id)
    if (dead.length > 0) {
      log.warn({ workers: dead }, 'workers fell silent; their jobs are given to others')
      await utils.forceUnlockWorkers(dead)
    }
    await pool.query(`DELETE FROM worker_heartbeats WHERE seen_at < now() - interval '1 day'`)
  }
  const letGoOfLost = async () => {
    const { rows } = await pool.query<{ id: string }>(
      `UPDATE graphile_worker._private_jobs SET locked_by = NULL, locked_at = NULL
       WHERE locked_by = ANY($1::text[]) AND locked_at < now() - $2 * interval '1 ms' AND id <> ALL($3::bigint[])
       RETURNING id`,
      [work.pools(), silentMs, work.jobs()],
    )
    if (rows.length > 0)
      log.warn({ jobs: rows.map(({ id }) => id) }, 'jobs were taken and never heard of; they wait again')
  }
  const beat = async () => {
    try {
      if (work.isDeaf()) {
        log.warn({ deafMs }, 'the queue answers none of the workers')
        onDeaf()
      }
      await write(work.living())
      await takeOver()
      await letGoOfLost()
    } catch (error) {
      log.warn({ err: error }, 'the heartbeat could not be written; trying again')
    }
  }

  await beat()
  const timer = setInterval(beat, beatMs)

  return {
    follow(events) {
      work.retire()
      work.follow(events)
    },
    idle: work.idle,
    giveBack: async () => utils.forceUnlockWorkers(work.pools()),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await utils.release()
    },
  }
}
