import type { Database } from '../../../platform/database/db.ts'
import type { Bucket } from '../../uploads/index.ts'
import { type ExportRef, removeExportFile } from '../export-file.ts'

/** Removes the file of an export that has ended or whose row is deleted. Keeps it while the export is PENDING or READY. */
export async function removeEndedExport(
  { db, bucket }: { db: Database; bucket: Bucket },
  ref: ExportRef,
): Promise<void> {
  const kept = await db.prisma.dataExport.count({
    where: { id: ref.exportId, status: { in: ['PENDING', 'READY'] } },
  })
  if (kept === 0) await removeExportFile(bucket, ref)
}
