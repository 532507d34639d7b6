import { v7 as uuidv7 } from 'uuid'
import type { Activity } from '../../../generated/prisma/client.ts'
import type { Reader, Tx } from '../../../platform/database/db.ts'

export interface LegacyActivity {
  readonly userId: string
  /** Its id in the older system. */
  readonly legacyId: string
}

/** The activity of a user that has this id in the older system; null if it is not imported yet. */
export function findLegacyActivity(
  db: Reader,
  { userId, legacyId }: LegacyActivity,
): Promise<Pick<Activity, 'status' | 'uploadId'> | null> {
  return db.activity.findFirst({
    where: { userId, legacyId },
    select: { status: true, uploadId: true },
  })
}

/** Creates the activity that waits for an uploaded file. False if it exists: the unique key decides. */
export async function importLegacyActivity(
  tx: Tx,
  { userId, legacyId, uploadId, now }: LegacyActivity & { readonly uploadId: string; readonly now: Date },
): Promise<boolean> {
  const { count } = await tx.activity.createMany({
    data: { id: uuidv7(), userId, uploadId, legacyId, status: 'AWAITING_FILE', createdAt: now },
    skipDuplicates: true,
  })
  return count === 1
}
