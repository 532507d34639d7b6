import type { Tx } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import type { UploadsServices } from '../services.ts'
import type { UploadKinds } from '../upload-kinds.ts'
import { freeStorage } from './free-storage.ts'
import { scheduleRemoval } from './remove-object.ts'

const batchSize = 100

/**
 * Ends uploads that were not completed by their deadline: the row becomes EXPIRED, its object is removed, and so is an
 * activity that has only this upload. Runs in batches of 100, each in its own transaction. Rows that another sweep or a
 * completion has locked are skipped. Resolves to the number of ended uploads.
 */
export function sweepUploads(
  services: Pick<UploadsServices, 'db' | 'kinds' | 'countUpload'>,
  now: Date,
): Promise<number> {
  return inBatches({ size: batchSize }, async () => {
    const count = await services.db.transaction((tx) => sweepBatch(tx, services.kinds, now))
    services.countUpload('expired', count)
    return count
  })
}

async function sweepBatch(tx: Tx, kinds: UploadKinds, now: Date): Promise<number> {
  const due = await tx.$queryRaw<{ id: string }[]>`
    UPDATE uploads SET status = 'EXPIRED', expires_at = NULL
    WHERE id = ANY(ARRAY(
      SELECT id FROM uploads WHERE status = 'PENDING' AND expires_at <= ${now}
      ORDER BY expires_at LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))
    RETURNING id`
  const uploads = await tx.upload.findMany({ where: { id: { in: due.map((row) => row.id) } } })
  for (const upload of uploads) {
    await scheduleRemoval(tx, upload, now)
    await kinds.get(upload.kind).onExpired?.(tx, upload)
  }
  await freeStorage(tx, uploads)
  return due.length
}
