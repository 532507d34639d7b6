import { rm } from 'node:fs/promises'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { abortReasonOf, type JobRun } from '../../../platform/jobs/job-run.ts'
import { type Message, toStored } from '../../../platform/messages/message.ts'
import { renderNext as renderNextJob } from '../job-types.ts'
import { videoFailures } from '../messages.ts'
import { UnreadableAudio, UnreadablePicture, VendorRefused } from '../ports.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import { type ClaimedVideo, claimVideo, heartbeatTimeoutMs } from './claim-video.ts'
import { failAttempt } from './fail-attempt.ts'
import { finishAttempt } from './finish-attempt.ts'
import { keepLease, LeaseEnded } from './keep-lease.ts'
import { scheduleAttemptRemoval } from './remove-files.ts'
import { FileDeleted, runSteps, UnusableTranscript } from './run-steps.ts'

/** Of vendors that do not respond, and of errors that a second try may not have. */
const mostFailures = 5
const mostUnexpectedFailures = 2
const firstDelayMs = 30_000

type Run = Pick<JobRun, 'signal' | 'attempt' | 'progress'>

/**
 * Renders the video whose turn it is, from the first step that has no result. It ends as READY or FAILED, or waits in the
 * queue again: after a temporary failure, and when the worker stops.
 */
export async function renderNext(services: VideosServices, run: Run): Promise<void> {
  run.signal.throwIfAborted()
  const video = await claimVideo(services)
  if (!video) {
    if (run.attempt > 1) await lookAgain(services)
    return
  }
  const folder = await services.createWorkFolder(video.lease)
  try {
    await render(services, { video, folder, run })
  } catch (error) {
    await handleFailure(services, { video, error, run })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The queue may return the job of a worker that has ended before the heartbeat of its video has timed out. Without another
 * job the video would wait for the next sweep.
 */
async function lookAgain({ db, clock }: VideosServices): Promise<void> {
  const runAt = new Date(clock().getTime() + heartbeatTimeoutMs)
  await db.transaction((tx) => enqueue(tx, renderNextJob, {}, { runAt }))
}

async function render(
  services: VideosServices,
  { video, folder, run }: { readonly video: ClaimedVideo; readonly folder: string; readonly run: Run },
): Promise<void> {
  await using lease = await keepLease(services, video, run.signal)
  const result = await runSteps(services, { video, folder, lease, onPercent: run.progress })
  const isStored = await services.db.transaction((tx) =>
    finishAttempt(tx, services, { video, result, now: services.clock() }),
  )
  if (!isStored) throw new LeaseEnded(video.id)
}

interface Failure {
  readonly video: ClaimedVideo
  readonly error: unknown
  readonly run: Run
}

async function handleFailure(services: VideosServices, { video, error, run }: Failure): Promise<void> {
  const { db, clock, log } = services
  const now = clock()
  if (error instanceof LeaseEnded) return db.transaction((tx) => scheduleAttemptRemoval(tx, video))
  const reason = abortReasonOf(run.signal)
  if (reason === 'lost') throw error
  if (reason === 'shutdown') {
    await db.transaction((tx) => requeue(tx, video, { notBefore: now, failures: 0 }))
    throw run.signal.reason
  }
  const fail = (failure: Message) =>
    db.transaction(async (tx) => {
      await failAttempt(tx, services, { video, failure: toStored(failure), now })
    })
  const isTemporary = error instanceof ProviderUnavailable
  const expected = reason === null ? expectedFailure(error, video) : null
  // The user's message names the vendor only. The reason is for the operator: often the key.
  if (error instanceof VendorRefused) log.error({ err: error, videoId: video.id }, 'a vendor refused a video')
  if (expected) return fail(expected)
  const failures = video.failures + 1
  if (reason === null && failures < (isTemporary ? mostFailures : mostUnexpectedFailures)) {
    log.warn({ err: error, videoId: video.id }, 'a video is tried again')
    const delayed = new Date(now.getTime() + firstDelayMs * 2 ** (failures - 1))
    const notBefore = isTemporary && error.retryAt && error.retryAt > delayed ? error.retryAt : delayed
    return db.transaction((tx) => requeue(tx, video, { notBefore, failures: 1 }))
  }
  log.error({ err: error, videoId: video.id }, 'a video could not be rendered')
  return fail(
    isTemporary ? videoFailures.vendorUnavailable({ vendor: error.provider }) : videoFailures.renderingFailed(),
  )
}

const pictureFailures = {
  NOT_A_PICTURE: videoFailures.NOT_A_PICTURE,
  TOO_LARGE: videoFailures.PICTURE_TOO_LARGE,
  DAMAGED: videoFailures.PICTURE_DAMAGED,
} as const

const fileFailures = { audio: videoFailures.audioDeleted, background: videoFailures.backgroundDeleted } as const

/** A failure that a retry has too. */
function expectedFailure(error: unknown, { maxDurationSeconds }: ClaimedVideo): Message | null {
  if (error instanceof FileDeleted) return fileFailures[error.file]()
  if (error instanceof UnusableTranscript) return videoFailures.transcriptAfterAudio()
  if (error instanceof VendorRefused) return videoFailures.vendorRefused({ vendor: error.vendor })
  if (error instanceof UnreadablePicture) return pictureFailures[error.reason]()
  if (!(error instanceof UnreadableAudio)) return null
  if (error.reason === 'TOO_LONG') return videoFailures.TOO_LONG({ minutes: maxDurationSeconds / 60 })
  return videoFailures[error.reason]()
}

/** Returns a video to the queue, in its place, with a job. It does nothing where the lease is not current. */
async function requeue(
  tx: Tx,
  { id, lease }: ClaimedVideo,
  { notBefore, failures }: { readonly notBefore: Date; readonly failures: number },
): Promise<void> {
  const { count } = await tx.video.updateMany({
    where: { id, lease, status: 'RENDERING' },
    data: {
      status: 'QUEUED',
      lease: null,
      heartbeatAt: null,
      notBefore,
      failures: { increment: failures },
      revision: { increment: 1 },
    },
  })
  if (count === 0) return
  await enqueue(tx, renderNextJob, {}, { key: `again:${id}`, runAt: notBefore })
  notify(tx, videoTopic(id))
}
