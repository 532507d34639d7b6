import type { Video } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { Bucket } from '../../uploads/index.ts'
import { removeFiles } from '../job-types.ts'
import { pictureKey, videoFileKey, videoFiles } from '../video-files.ts'

/** A worker that does not know yet that its lease has ended may still write files. */
const lateMs = 15 * 60_000

/** Schedules two removals of all files of a video: one now, and one after a late worker has noticed. */
export async function scheduleFileRemoval(
  tx: Tx,
  { id: videoId, userId, attempt, scenes }: Pick<Video, 'id' | 'userId' | 'attempt' | 'scenes'>,
  now: Date,
): Promise<void> {
  const payload = { userId, videoId, attempt, pictures: Array.isArray(scenes) ? scenes.length : 0 }
  await enqueue(tx, removeFiles, payload, { key: `${videoId}:now` })
  await enqueue(tx, removeFiles, payload, { key: `${videoId}:late`, runAt: new Date(now.getTime() + lateMs) })
}

/** Schedules the removal of the files of one attempt; the pictures remain. */
export async function scheduleAttemptRemoval(
  tx: Tx,
  { id: videoId, userId, attempt }: Pick<Video, 'id' | 'userId' | 'attempt'>,
): Promise<void> {
  await enqueue(tx, removeFiles, { userId, videoId, attempt, pictures: 0 }, { key: `${videoId}:${attempt}` })
}

interface Files {
  readonly userId: string
  readonly videoId: string
  /** Files of this attempt and of all earlier ones. */
  readonly attempt: number
  /** The number of pictures of scenes. */
  readonly pictures: number
}

/** Removes files. A missing one is no error. */
export async function removeFilesOf(bucket: Bucket, { userId, videoId: id, attempt, pictures }: Files): Promise<void> {
  for (let each = 1; each <= attempt; each++) {
    for (const file of videoFiles) await bucket.delete(videoFileKey({ userId, id, attempt: each }, file))
  }
  for (let scene = 0; scene < pictures; scene++) await bucket.delete(pictureKey({ userId, id }, scene))
}
