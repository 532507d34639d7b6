import type { Database } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import type { Bucket } from '../uploads/index.ts'
import { removeExportFile, scheduleExportRemoval } from './export-file.ts'

/** All attempts of the job that writes an export end within this time. Until then an attempt may write the file again. */
const writingHours = 24

/** A user's data exports. The list is exported; the files are removed before the rows. */
export function exportsOfUser({ db, bucket }: { db: Database; bucket: Bucket }): PersonalData {
  return {
    tables: ['data_exports'],
    async *exportFiles(reader, userId) {
      const exports = await reader.dataExport.findMany({ where: { userId }, orderBy: { id: 'asc' } })
      yield { path: 'exports.json', json: exports }
    },
    async eraseAhead({ userId }) {
      const exports = await db.prisma.dataExport.findMany({ where: { userId, status: { not: 'EXPIRED' } } })
      for (const { id: exportId } of exports) await removeExportFile(bucket, { userId, exportId })
    },
    async eraseRows(tx, { userId, now }) {
      const later = new Date(now.getTime() + writingHours * 3_600_000)
      const exports = await tx.dataExport.findMany({ where: { userId }, select: { id: true, status: true } })
      for (const { id: exportId, status } of exports) {
        if (status === 'EXPIRED') continue
        await scheduleExportRemoval(tx, { userId, exportId })
        if (status === 'PENDING') await scheduleExportRemoval(tx, { userId, exportId }, later)
      }
      await tx.dataExport.deleteMany({ where: { userId } })
    },
  }
}
