import type { Upload } from '../../generated/prisma/client.ts'
import type { Database } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { lockUploads } from './commands/discard-upload.ts'
import { removeUploadObject, scheduleLateRemoval, scheduleRemoval } from './commands/remove-object.ts'
import { removeRows } from './commands/remove-rows.ts'
import type { Bucket } from './ports.ts'

const batchSize = 100
/** Fewer than the bucket's connections (50 per process), so that requests of users are not delayed. */
const requestsAtOnce = 10

/** A user's uploads: the rows are exported; erasing removes the objects before the rows. */
export function uploadsOfUser({ db, bucket }: { db: Database; bucket: Bucket }): PersonalData {
  return {
    tables: ['uploads'],
    async *exportFiles(reader, userId) {
      const uploads = await reader.upload.findMany({ where: { userId }, orderBy: { id: 'asc' } })
      yield { path: 'files.json', json: uploads }
    },
    async eraseAhead({ userId, now }) {
      for (;;) {
        const batch = await db.prisma.upload.findMany({ where: { userId }, orderBy: { id: 'asc' }, take: batchSize })
        for (let start = 0; start < batch.length; start += requestsAtOnce) {
          await Promise.all(batch.slice(start, start + requestsAtOnce).map((upload) => removeObjectOf(bucket, upload)))
        }
        await db.transaction(async (tx) => {
          const ids = batch.map(({ id }) => id)
          await lockUploads(tx, ids)
          for (const upload of await removeRows(tx, ids)) await scheduleLateRemoval(tx, upload, now)
        })
        if (batch.length < batchSize) return
      }
    },
    async eraseRows(tx, { userId, now }) {
      const rows = await tx.upload.findMany({ where: { userId }, select: { id: true } })
      const ids = rows.map(({ id }) => id)
      await lockUploads(tx, ids)
      for (const upload of await removeRows(tx, ids)) await scheduleRemoval(tx, upload, now)
    },
  }
}

function removeObjectOf(bucket: Bucket, { userId, id: uploadId, multipartId }: Upload): Promise<void> {
  return removeUploadObject(bucket, { userId, uploadId, multipartId })
}
