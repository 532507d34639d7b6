import type { Tx } from '../../../platform/database/db.ts'
import { scheduleRemoval } from './remove-object.ts'
import { removeRows } from './remove-rows.ts'

/** Locks an upload's row. Code that changes an upload and its owner locks the upload first, to avoid deadlocks. */
export async function lockUpload(tx: Tx, uploadId: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM uploads WHERE id = ${uploadId}::uuid FOR UPDATE`
}

/** Locks several rows in the order of their ids, so that concurrent calls cannot deadlock. */
export async function lockUploads(tx: Tx, uploadIds: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT id FROM uploads WHERE id = ANY(${uploadIds}::uuid[]) ORDER BY id FOR UPDATE`
}

/** Deletes an upload whose owner is deleted: the row in this transaction, the object by a job. */
export async function discardUpload(tx: Tx, uploadId: string, now: Date): Promise<void> {
  for (const upload of await removeRows(tx, [uploadId])) await scheduleRemoval(tx, upload, now)
}
