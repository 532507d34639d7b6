import type { Tx } from '../../platform/database/db.ts'
import { enqueue } from '../../platform/jobs/define-job.ts'
import type { Bucket } from '../uploads/index.ts'
import { removeExport } from './job-types.ts'

export interface ExportRef {
  readonly userId: string
  readonly exportId: string
}

/** The key of the object that stores the ZIP of a data export. */
export function exportKey({ userId, exportId }: ExportRef): string {
  return `exports/${userId}/${exportId}.zip`
}

/** Idempotent: a file that is already removed is no error. */
export function removeExportFile(bucket: Bucket, ref: ExportRef): Promise<void> {
  return bucket.delete(exportKey(ref))
}

/** Enqueues the removal of the file of an export that ends in this transaction. */
export async function scheduleExportRemoval(tx: Tx, ref: ExportRef, runAt?: Date): Promise<void> {
  const { userId, exportId } = ref
  const when = runAt ? { key: `${exportId}:later`, runAt } : { key: exportId }
  await enqueue(tx, removeExport, { userId, exportId }, when)
}
