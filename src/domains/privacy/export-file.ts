import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/queue/jobs.ts'
import type { Bucket } from '../uploads/index.ts'
import { removeExport } from './jobs.ts'

export interface ExportRef {
  readonly userId: string
  readonly exportId: string
}

/** Where the ZIP of a data export lies. */
export function exportKey({ userId, exportId }: ExportRef): string {
  return `exports/${userId}/${exportId}.zip`
}

/** One that is gone already is no error. */
export function removeExportFile(bucket: Bucket, ref: ExportRef): Promise<void> {
  return bucket.delete(exportKey(ref))
}

/** Has the file removed of an export that ends in this transaction. */
export async function scheduleExportRemoval(tx: Tx, ref: ExportRef, runAt?: Date): Promise<void> {
  const { userId, exportId } = ref
  const when = runAt ? { key: `${exportId}:later`, runAt } : { key: exportId }
  await enqueue(tx, removeExport, { userId, exportId }, when)
}
