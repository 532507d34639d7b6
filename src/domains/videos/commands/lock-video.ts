import type { Video } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { NotFound } from '../../../platform/errors.ts'
import { videoMessages } from '../messages.ts'

/** Locks the row of a user's video. Throws NotFound. */
export async function lockVideo(
  tx: Tx,
  { userId, id }: { readonly userId: string; readonly id: string },
): Promise<Video> {
  await tx.$queryRaw`SELECT id FROM videos WHERE id = ${id}::uuid AND user_id = ${userId}::uuid FOR UPDATE`
  const video = await tx.video.findUnique({ where: { id, userId } })
  if (!video) throw new NotFound(videoMessages.notFound())
  return video
}
