import type { Tx } from '../../platform/database/db.ts'
import { scheduleRemoval } from './remove-object.ts'
import { removeRows } from './remove-rows.ts'

/** Locks an upload's row. Whoever changes an upload and its owner takes the upload first, so that no two can deadlock. */
export async function lockUpload(tx: Tx, uploadId: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM uploads WHERE id = ${uploadId}::uuid FOR UPDATE`
}

/** The same for several, in one order, so that two who do it cannot deadlock. */
export async function lockUploads(tx: Tx, uploadIds: readonly string[]): Promise<void> {
  await tx.$queryRaw`SELECT id FROM uploads WHERE id = ANY(${uploadIds}::uuid[]) ORDER BY id FOR UPDATE`
}

/** Removes an upload whose owner is deleted: the row now, its object by a job. */
export async function discardUpload(tx: Tx, uploadId: string, now: Date): Promise<void> {
  for (const upload of await removeRows(tx, [uploadId])) await scheduleRemoval(tx, upload, now)
}
