import type { Database, Tx } from '../../platform/database/db.ts'
import { scheduleExportRemoval } from './export-file.ts'
import { writeExport } from './jobs.ts'

/**
 * Ends exports whose seven days are over (EXPIRED) and those whose job was killed in its last attempt, so that it could
 * not say so itself (FAILED). Their files go by jobs of their own.
 */
export async function expireExports(db: Database, now: Date): Promise<void> {
  await db.transaction(async (tx) => {
    const ended = [...(await expire(tx, now)), ...(await failStuck(tx))]
    for (const ref of ended) await scheduleExportRemoval(tx, ref)
  })
}

interface Ended {
  readonly userId: string
  readonly exportId: string
}

function expire(tx: Tx, now: Date): Promise<Ended[]> {
  return tx.$queryRaw`
    UPDATE data_exports SET status = 'EXPIRED', expires_at = NULL
    WHERE status = 'READY' AND expires_at <= ${now}
    RETURNING user_id AS "userId", id AS "exportId"`
}

function failStuck(tx: Tx): Promise<Ended[]> {
  return tx.$queryRaw`
    UPDATE data_exports SET status = 'FAILED'
    WHERE status = 'PENDING' AND NOT EXISTS (
      SELECT FROM graphile_worker.jobs
      WHERE key = ${`${writeExport.name}:`} || data_exports.id AND (attempts < max_attempts OR locked_at IS NOT NULL))
    RETURNING user_id AS "userId", id AS "exportId"`
}
