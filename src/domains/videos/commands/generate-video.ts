import { v7 as uuidv7 } from 'uuid'
import type { Upload, Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { InvalidInput, NotFound } from '../../../platform/errors.ts'
import { claimKey } from '../../../platform/idempotency/idempotency.ts'
import { findUpload, lockUploads } from '../../uploads/index.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { videoMessages } from '../messages.ts'
import { checkAvailable, findTemplate } from '../queries/template-terms.ts'
import type { VideosServices } from '../services.ts'
import { toJson } from '../step-results.ts'
import { videoTopic } from '../topic.ts'
import type { OwnTranscript } from '../transcripts/own-transcript.ts'
import { checkVideo, type VideoRequest } from './check-video.ts'
import { startAttempt, termsOfAttempt } from './start-attempt.ts'

/**
 * Makes a video of an audio file: one transaction stores the video, holds its credits, consumes one of VIDEOS and adds the
 * job. Repeating it with the same key returns the same video. Throws InvalidInput, NotFound, TemplateUnavailable,
 * InsufficientCredits, QuotaExceeded, IdempotencyConflict.
 */
export async function generateVideo(services: VideosServices, viewer: Viewer, request: VideoRequest): Promise<Video> {
  const checked = checkVideo(request)
  const template = findTemplate(services, checked.templateKey)
  if (!template) throw InvalidInput.of('templateKey', videoMessages.templateNotFound())
  await checkAvailable(services, template, { hasTranscript: checked.transcript !== null })
  const now = services.clock()
  return runAs(services, viewer, (tx) => create(tx, services, { userId: viewer.id, request: checked, now }))
}

interface Creation {
  readonly userId: string
  readonly request: VideoRequest
  readonly now: Date
}

async function create(tx: Tx, services: VideosServices, { userId, request, now }: Creation): Promise<Video> {
  const { uploadId, backgroundUploadId, templateKey, title, format, options, transcript, idempotencyKey } = request
  const claimed = await claimKey(tx, {
    userId,
    mutation: 'generateVideo',
    key: idempotencyKey,
    input: [uploadId, backgroundUploadId, templateKey, title, format, { ...options }, transcript && toJson(transcript)],
    result: { videoId: uuidv7() },
    now,
  })
  const id = claimed.result.videoId
  if (!claimed.isNew) {
    const known = await tx.video.findUnique({ where: { id, userId } })
    if (!known) throw new NotFound(videoMessages.notFound())
    return known
  }

  // So that no sweep removes them before the video refers to them.
  await lockUploads(
    tx,
    [uploadId, backgroundUploadId].filter((each) => each !== null),
  )
  const audio = await findFile(tx, { userId, id: uploadId, kind: 'AUDIO' })
  if (backgroundUploadId !== null) await findFile(tx, { userId, id: backgroundUploadId, kind: 'IMAGE' })
  const { reservedBytes, ...terms } = await termsOfAttempt(services, tx, { userId, templateKey, audio, now })
  const video = await tx.video.create({
    data: {
      id,
      userId,
      title,
      templateKey,
      format,
      options: toJson(options),
      ...columnsOf(transcript),
      audioUploadId: uploadId,
      backgroundUploadId,
      ...terms,
      reservedBytes,
      consumedAt: now,
      queuedAt: now,
      notBefore: now,
      createdAt: now,
    },
  })
  await startAttempt(tx, services, video, now)
  notify(tx, videoTopic(id))
  return video
}

function columnsOf(own: OwnTranscript | null) {
  if (!own) return {}
  return { isOwnTranscript: true, ownText: own.ownText, ...(own.transcript && { transcript: toJson(own.transcript) }) }
}

const files = {
  AUDIO: { field: 'uploadId', otherKind: videoMessages.notAudio },
  IMAGE: { field: 'backgroundUploadId', otherKind: videoMessages.notPicture },
} as const

/** A file of the user that is READY. Throws NotFound and InvalidInput. */
async function findFile(
  tx: Tx,
  { userId, id, kind }: { readonly userId: string; readonly id: string; readonly kind: keyof typeof files },
): Promise<Upload> {
  const upload = await findUpload(tx, id)
  if (upload?.userId !== userId) throw new NotFound(videoMessages.uploadNotFound())
  const { field, otherKind } = files[kind]
  if (upload.kind !== kind) throw InvalidInput.of(field, otherKind())
  if (upload.status !== 'READY') throw InvalidInput.of(field, videoMessages.uploadNotReady())
  return upload
}
