import type { Video } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { Bucket } from '../../uploads/index.ts'
import { removeFiles } from '../job-types.ts'
import { pictureKey, videoFileKey, videoFiles } from '../video-files.ts'

/** A worker that does not know yet that its lease has ended may still write files. */
const lateMs = 15 * 60_000

export interface FilesOfVideo {
  readonly userId: string
  readonly videoId: string
  readonly attempts: readonly number[]
  /** The number of pictures of scenes. */
  readonly pictures: number
}

/** All files of a video, of every attempt. */
export function allFilesOf({
  id: videoId,
  userId,
  attempt,
  pictureCount,
}: Pick<Video, 'id' | 'userId' | 'attempt' | 'pictureCount'>): FilesOfVideo {
  const attempts = Array.from({ length: attempt }, (_, index) => index + 1)
  return { userId, videoId, attempts, pictures: pictureCount }
}

/** Schedules two removals of all files of a deleted video: one now, and one after a late worker has noticed. */
export async function scheduleFileRemoval(tx: Tx, video: Parameters<typeof allFilesOf>[0], now: Date): Promise<void> {
  const files = allFilesOf(video)
  const payload = { ...files, attempts: [...files.attempts] }
  await enqueue(tx, removeFiles, payload, { key: `${video.id}:now` })
  await enqueue(tx, removeFiles, payload, { key: `${video.id}:late`, runAt: new Date(now.getTime() + lateMs) })
}

type Attempt = Pick<Video, 'id' | 'userId' | 'attempt'>

/** Schedules the removal of the files of one attempt; the pictures remain. */
export async function scheduleAttemptRemoval(tx: Tx, attempt: Attempt): Promise<void> {
  await enqueue(tx, removeFiles, filesOfAttempt(attempt), { key: `${attempt.id}:${attempt.attempt}` })
}

/**
 * Schedules the removal of the files that an attempt has stored without a result. Its worker may have been killed, and
 * may also still store a late result.
 */
export async function scheduleLateAttemptRemoval(tx: Tx, attempt: Attempt, now: Date): Promise<void> {
  const runAt = new Date(now.getTime() + lateMs)
  await enqueue(tx, removeFiles, filesOfAttempt(attempt), { key: `${attempt.id}:${attempt.attempt}:late`, runAt })
}

const filesOfAttempt = ({ id: videoId, userId, attempt }: Attempt) => ({
  userId,
  videoId,
  attempts: [attempt],
  pictures: 0,
})

/**
 * Removes files that the video does not have. Those of its result and of an attempt that has not ended remain: the worker
 * that asked for the removal may be one that another worker has replaced. From then on, a failed attempt has no late result.
 */
export async function removeFilesOf(
  { db, bucket }: { readonly db: Database; readonly bucket: Bucket },
  files: FilesOfVideo,
): Promise<void> {
  await db.prisma.video.updateMany({
    where: { id: files.videoId, attempt: { in: [...files.attempts] }, status: 'FAILED' },
    data: { lease: null },
  })
  const video = await db.prisma.video.findUnique({
    where: { id: files.videoId },
    select: { status: true, attempt: true, filesOfAttempt: true },
  })
  if (!video) return deleteFiles(bucket, files)
  const isUnfinished = video.status === 'QUEUED' || video.status === 'RENDERING'
  const kept = [video.filesOfAttempt, isUnfinished ? video.attempt : null]
  await deleteFiles(bucket, {
    ...files,
    attempts: files.attempts.filter((attempt) => !kept.includes(attempt)),
    pictures: 0,
  })
}

/** A missing file is no error. */
export async function deleteFiles(
  bucket: Bucket,
  { userId, videoId: id, attempts, pictures }: FilesOfVideo,
): Promise<void> {
  for (const attempt of attempts) {
    for (const file of videoFiles) await bucket.delete(videoFileKey({ userId, id, attempt }, file))
  }
  for (let scene = 0; scene < pictures; scene++) await bucket.delete(pictureKey({ userId, id }, scene))
}
