import type { Pool } from 'pg'

/**
 * Makes the heartbeats of all workers, and of the videos that they render, as old as they are two minutes after a worker has
 * ended. The workers that live write new ones. So tests do not wait, and need no times that are too short on a busy machine.
 */
export async function silenceWorkers(owner: Pool): Promise<void> {
  await owner.query(`UPDATE videos SET heartbeat_at = heartbeat_at - interval '2 minutes' WHERE status = 'RENDERING'`)
  await owner.query(`UPDATE worker_heartbeats SET seen_at = seen_at - interval '2 minutes'`)
}
