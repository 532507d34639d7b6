import { type Database, hint } from '../../platform/database/db.ts'
import { uploadLifetimeHours } from '../uploads/index.ts'
import { activityTopic } from './topic.ts'

/**
 * Removes activities whose upload was refused or cancelled and that got no other file within a day. (Those whose upload
 * expired go in the very transaction that ends the upload.)
 */
export async function sweepAwaiting(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - uploadLifetimeHours * 3_600_000)
  await db.transaction(async (tx) => {
    const removed = await tx.$queryRaw<{ id: string }[]>`
      DELETE FROM activities USING uploads
      WHERE activities.upload_id = uploads.id AND activities.status = 'AWAITING_FILE'
        AND uploads.status IN ('REJECTED', 'CANCELLED', 'EXPIRED') AND uploads.created_at < ${before}
      RETURNING activities.id`
    for (const { id } of removed) hint(tx, activityTopic(id))
  })
}
