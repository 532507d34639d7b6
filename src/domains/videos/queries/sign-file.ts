import type { Video } from '../../../generated/prisma/client.ts'
import type { Bucket, SignedRequest } from '../../uploads/index.ts'
import { type VideoFile, videoFileKey } from '../video-files.ts'

/** A short-lived URL of a file of the video. Null where it does not exist. Files remain while a new attempt is rendered. */
export async function signFile(
  bucket: Bucket,
  { video, file }: { readonly video: Video; readonly file: VideoFile },
  validity: { readonly now: Date; readonly seconds: number },
): Promise<SignedRequest | null> {
  const { id, userId, filesOfAttempt: attempt, hasCaptions } = video
  if (attempt === null || (file === 'captions' && !hasCaptions)) return null
  return bucket.signGet(videoFileKey({ id, userId, attempt }, file), validity)
}
