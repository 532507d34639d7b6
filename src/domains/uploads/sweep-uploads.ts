import type { Database, Tx } from '../../platform/database/db.ts'
import { inBatches } from '../../platform/database/in-batches.ts'
import type { CountUpload } from './count-uploads.ts'
import { giveBackBytes } from './give-back-bytes.ts'
import type { UploadOwners } from './owners.ts'
import { scheduleRemoval } from './remove-object.ts'

const batchSize = 100

export interface SweepPorts {
  readonly db: Database
  readonly owners: UploadOwners
  readonly countUpload: CountUpload
}

/**
 * Ends uploads that were not completed by their deadline: the row becomes EXPIRED, what has arrived is removed, and an
 * activity that only waited for it is removed with it. Batches of 100, each a transaction of its own; rows that another
 * sweep or a completion holds are passed over. Resolves to how many it ended.
 */
export function sweepUploads(ports: SweepPorts, now: Date): Promise<number> {
  return inBatches({ size: batchSize }, async () => {
    const count = await ports.db.transaction((tx) => sweepBatch(tx, ports.owners, now))
    ports.countUpload('expired', count)
    return count
  })
}

async function sweepBatch(tx: Tx, owners: UploadOwners, now: Date): Promise<number> {
  const due = await tx.$queryRaw<{ id: string }[]>`
    UPDATE uploads SET status = 'EXPIRED', expires_at = NULL
    WHERE id = ANY(ARRAY(
      SELECT id FROM uploads WHERE status = 'PENDING' AND expires_at <= ${now}
      ORDER BY expires_at LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))
    RETURNING id`
  const uploads = await tx.upload.findMany({ where: { id: { in: due.map((row) => row.id) } } })
  for (const upload of uploads) {
    await scheduleRemoval(tx, upload, now)
    await owners[upload.kind]?.expired(tx, upload)
  }
  await giveBackBytes(tx, uploads)
  return due.length
}
