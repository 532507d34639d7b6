import { Prisma, type Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../../platform/errors.ts'
import { claimKey, keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { findUpload } from '../../uploads/index.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { VideoState } from '../errors.ts'
import { videoMessages } from '../messages.ts'
import { checkAvailable, findTemplate } from '../queries/template-terms.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { lockVideo } from './lock-video.ts'
import { startAttempt, termsOfAttempt } from './start-attempt.ts'

export interface Retry {
  readonly videoId: string
  readonly idempotencyKey: string
}

/**
 * Starts a new attempt of a video that has finished, with a hold of its own. It repeats only the steps that have no result
 * yet. The files of an earlier attempt remain until the new ones are stored. Repeating it with the same key has no further
 * effect. Throws InvalidInput, NotFound, VideoState, TemplateUnavailable, InsufficientCredits, QuotaExceeded.
 */
export async function retryVideo(services: VideosServices, viewer: Viewer, retry: Retry): Promise<Video> {
  const problem = keyProblem(retry.idempotencyKey)
  if (problem) throw InvalidInput.of('idempotencyKey', problem)
  const known = await services.db.prisma.video.findUnique({ where: { id: retry.videoId, userId: viewer.id } })
  if (!known) throw new NotFound(videoMessages.notFound())
  const template = findTemplate(services, known.templateKey)
  if (!template) throw new VideoState(videoMessages.templateNotFound())
  const hasTranscript = known.transcript !== null || known.ownText !== null
  await checkAvailable(services, template, { hasTranscript })
  const now = services.clock()
  return runAs(services, viewer, (tx) => restart(tx, services, { userId: viewer.id, retry, now }))
}

async function restart(
  tx: Tx,
  services: VideosServices,
  { userId, retry, now }: { readonly userId: string; readonly retry: Retry; readonly now: Date },
): Promise<Video> {
  const { videoId: id, idempotencyKey: key } = retry
  const claimed = await claimKey(tx, { userId, mutation: 'retryVideo', key, input: [id], result: {}, now })
  const video = await lockVideo(tx, { userId, id })
  if (!claimed.isNew) return video
  if (video.status === 'QUEUED' || video.status === 'RENDERING') throw new VideoState(videoMessages.notFinished())
  const audio = video.audioUploadId && (await findUpload(tx, video.audioUploadId))
  if (!audio) throw new VideoState(videoMessages.audioDeleted())
  const { templateKey } = video
  const terms = await termsOfAttempt(services, tx, { userId, templateKey, audio, now })
  const restarted = await tx.video.update({
    where: { id },
    data: {
      status: 'QUEUED',
      attempt: { increment: 1 },
      step: null,
      progressPercent: 0,
      failure: Prisma.DbNull,
      failures: 0,
      interruptions: 0,
      lease: null,
      heartbeatAt: null,
      startedAt: null,
      finishedAt: null,
      consumedAt: now,
      queuedAt: now,
      notBefore: now,
      revision: { increment: 1 },
      ...terms,
    },
  })
  await startAttempt(tx, services, restarted, now)
  notify(tx, videoTopic(id))
  return restarted
}
