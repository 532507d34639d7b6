import { type Database, notify, type Tx } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { uploadLifetimeHours } from '../../uploads/index.ts'
import { activityTopic } from '../topic.ts'

const batchSize = 500

/**
 * Removes activities whose upload was rejected or cancelled and that got no other file within a day. (Activities whose
 * upload expires are removed in the transaction that expires the upload.)
 */
export async function sweepAwaiting(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - uploadLifetimeHours * 3_600_000)
  await inBatches({ size: batchSize }, (size) => db.transaction((tx) => removeSome(tx, before, size)))
}

async function removeSome(tx: Tx, before: Date, size: number): Promise<number> {
  const removed = await tx.$queryRaw<{ id: string }[]>`
    DELETE FROM activities WHERE id = ANY(ARRAY(
      SELECT activities.id FROM activities JOIN uploads ON activities.upload_id = uploads.id
      WHERE activities.status = 'AWAITING_FILE'
        AND uploads.status IN ('REJECTED', 'CANCELLED', 'EXPIRED') AND uploads.created_at < ${before}
      LIMIT ${size} FOR UPDATE OF activities SKIP LOCKED))
    RETURNING id`
  for (const { id } of removed) notify(tx, activityTopic(id))
  return removed.length
}
