import type { Database } from '../../platform/database/db.ts'
import type { Bucket } from '../uploads/index.ts'
import { type ExportRef, removeExportFile } from './export-file.ts'

/** Removes the file of an export that has ended or whose row is gone; one that is READY, or being made, keeps it. */
export async function removeEndedExport(
  { db, bucket }: { db: Database; bucket: Bucket },
  ref: ExportRef,
): Promise<void> {
  const alive = await db.prisma.dataExport.count({
    where: { id: ref.exportId, status: { in: ['PENDING', 'READY'] } },
  })
  if (alive === 0) await removeExportFile(bucket, ref)
}
