import type { Tx } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import { cancelAttempt } from './commands/cancel-video.ts'
import { removeVideo } from './commands/delete-video.ts'
import { allFilesOf, deleteFiles } from './commands/remove-files.ts'
import type { VideosServices } from './services.ts'

const batchSize = 100

/** A user's videos: rows with transcripts are exported; erasing removes the files before the rows. */
export function videosOfUser(services: VideosServices): PersonalData {
  const { db, bucket } = services
  return {
    tables: ['videos'],
    async *exportFiles(reader, userId) {
      const ids = await reader.video.findMany({ where: { userId }, select: { id: true }, orderBy: { id: 'asc' } })
      for (const { id } of ids) {
        const video = await reader.video.findUnique({ where: { id }, omit: { lease: true, heartbeatAt: true } })
        if (video) yield { path: `videos/${id}.json`, json: video }
      }
    },
    async eraseAhead({ userId, now }) {
      for (;;) {
        const batch = await db.prisma.video.findMany({ where: { userId }, orderBy: { id: 'asc' }, take: batchSize })
        for (const video of batch) await deleteFiles(bucket, allFilesOf(video))
        await db.transaction((tx) => removeSome(tx, services, { userId, now }))
        if (batch.length < batchSize) return
      }
    },
    async eraseRows(tx, { userId, now }) {
      while ((await removeSome(tx, services, { userId, now })) === batchSize);
    },
  }
}

async function removeSome(
  tx: Tx,
  services: VideosServices,
  { userId, now }: { readonly userId: string; readonly now: Date },
): Promise<number> {
  const some = await tx.video.findMany({ where: { userId }, orderBy: { id: 'asc' }, take: batchSize })
  for (const { id } of some) {
    await cancelAttempt(tx, services, { userId, videoId: id, now })
    const video = await tx.video.findUnique({ where: { id } })
    if (video) await removeVideo(tx, video, now)
  }
  return some.length
}
