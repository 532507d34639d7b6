import type { Database } from '../../../platform/database/db.ts'
import { discardUpload, findOldUploads, lockUploads } from '../../uploads/index.ts'

const keptDays = 30
const batchSize = 100
const kinds = ['AUDIO', 'IMAGE'] as const

/**
 * Deletes audio files and pictures that are older than 30 days and that no video uses. A request for a video locks its
 * files first, so it either finds them or has made the video that uses them.
 */
export async function removeUnusedFiles(db: Database, now: Date): Promise<void> {
  const before = new Date(now.getTime() - keptDays * 86_400_000)
  for (const kind of kinds) {
    let afterId: string | null = null
    for (;;) {
      const old = await findOldUploads(db.prisma, { kind, before, afterId, limit: batchSize })
      await removeUnused(
        db,
        old.map(({ id }) => id),
        now,
      )
      afterId = old.at(-1)?.id ?? null
      if (old.length < batchSize) break
    }
  }
}

async function removeUnused(db: Database, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return
  await db.transaction(async (tx) => {
    await lockUploads(tx, ids)
    const users = await tx.video.findMany({
      where: { OR: [{ audioUploadId: { in: [...ids] } }, { backgroundUploadId: { in: [...ids] } }] },
      select: { audioUploadId: true, backgroundUploadId: true },
    })
    const used = new Set(users.flatMap(({ audioUploadId, backgroundUploadId }) => [audioUploadId, backgroundUploadId]))
    for (const id of ids) if (!used.has(id)) await discardUpload(tx, id, now)
  })
}
