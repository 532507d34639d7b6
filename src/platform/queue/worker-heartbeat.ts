import { EventEmitter } from 'node:events'
import { makeWorkerUtils, type WorkerEvents } from 'graphile-worker'
import type { Pool } from 'pg'
import type { Log } from '../watching/log.ts'

export interface Heartbeat extends AsyncDisposable {
  /** Given to the runner, so that every pool of workers it makes has a heartbeat. */
  readonly events: WorkerEvents
  /** The pools that there are now are dead: what they hold is given to others. */
  forget(): void
}

/**
 * The queue alone gives the jobs of a dead worker to another only after four hours. So every process writes a row every
 * `beatMs`, and looks as often for jobs that are held by somebody without a fresh row and unlocks them: a killed worker's
 * jobs go on after `silentMs` + `beatMs` at the latest (80 s by default). Jobs are held by the pool of workers that a
 * process has (`pool-…`), not by the single worker.
 *
 * A worker that was only paused may then do a job a second time: handlers' effects are conditional on the row's state.
 */
export async function keepHeartbeat(options: {
  pool: Pool
  log: Log
  beatMs?: number
  silentMs?: number
}): Promise<Heartbeat> {
  const { pool, log, beatMs = 20_000, silentMs = 60_000 } = options
  const events: WorkerEvents = new EventEmitter()
  const workerIds = new Set<string>()
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
  const beat = async () => {
    try {
      await write([...workerIds])
      await takeOver()
    } catch (error) {
      log.warn({ err: error }, 'the heartbeat could not be written; trying again')
    }
  }

  events.on('pool:create', ({ workerPool }) => {
    workerIds.add(workerPool.id)
    write([workerPool.id]).catch((error) => log.warn({ err: error }, 'the first heartbeat could not be written'))
  })
  events.on('pool:release', ({ workerPool }) => workerIds.delete(workerPool.id))
  await beat()
  const timer = setInterval(beat, beatMs)

  return {
    events,
    forget: () => workerIds.clear(),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await utils.release()
    },
  }
}
