import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { enqueueMany } from '../../../platform/jobs/define-job.ts'
import { hasUnfinishedJob } from '../../../platform/jobs/jobs-by-key.ts'
import type { ExportRef } from '../export-file.ts'
import { removeExport, writeExport } from '../job-types.ts'

const batchSize = 500

/**
 * Expires exports after seven days (EXPIRED), and fails those whose job was killed in its last attempt, before it could
 * record the failure (FAILED). Separate jobs remove their files. Works in batches of 500, each in a transaction; skips
 * rows that another run or a request has locked.
 */
export async function expireExports(db: Database, now: Date): Promise<void> {
  await endInBatches(db, (tx, size) => expire(tx, now, size))
  await endInBatches(db, failStuck)
}

function endInBatches(db: Database, end: (tx: Tx, size: number) => Promise<ExportRef[]>): Promise<number> {
  return inBatches({ size: batchSize }, (size) =>
    db.transaction(async (tx) => {
      const ended = await end(tx, size)
      const jobs = ended.map((ref) => ({ payload: ref, key: ref.exportId }))
      await enqueueMany(tx, removeExport, jobs)
      return ended.length
    }),
  )
}

function expire(tx: Tx, now: Date, size: number): Promise<ExportRef[]> {
  return tx.$queryRaw`
    UPDATE data_exports SET status = 'EXPIRED', expires_at = NULL
    WHERE id = ANY(ARRAY(
      SELECT id FROM data_exports WHERE status = 'READY' AND expires_at <= ${now}
      ORDER BY expires_at LIMIT ${size} FOR UPDATE SKIP LOCKED))
    RETURNING user_id AS "userId", id AS "exportId"`
}

function failStuck(tx: Tx, size: number): Promise<ExportRef[]> {
  return tx.$queryRaw`
    UPDATE data_exports SET status = 'FAILED'
    WHERE id = ANY(ARRAY(
      SELECT id FROM data_exports
      WHERE status = 'PENDING' AND NOT ${hasUnfinishedJob(writeExport, Prisma.sql`data_exports.id`)}
      LIMIT ${size} FOR UPDATE SKIP LOCKED))
    RETURNING user_id AS "userId", id AS "exportId"`
}
