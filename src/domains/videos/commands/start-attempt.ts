import type { Upload, Video } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { videoCreditsOf, videoTermsOf } from '../../billing/index.ts'
import { hold } from '../../credits/index.ts'
import { renderNext } from '../job-types.ts'
import type { VideosServices } from '../services.ts'

/** How long after its last extension the credit sweep asks for the state of the work. */
export const holdMs = 15 * 60_000

/** MP3 of speech has 128 kbit/s or more. A smaller one is longer than is reserved for; the difference is counted at the end. */
const audioBytesPerSecond = 16_000
/** Of all files together, more than the templates take for most audio. */
const outputBytesPerSecond = 200_000

/** What an attempt costs and may take, by the user's plan of now. */
export async function termsOfAttempt(
  { plans }: Pick<VideosServices, 'plans'>,
  tx: Tx,
  { userId, templateKey, audio, now }: TermsInput,
) {
  const { atOnce, maxMinutes } = await videoTermsOf({ plans }, tx, userId, now)
  const maxDurationSeconds = maxMinutes * 60
  const seconds = Math.min(maxDurationSeconds, Number(audio.byteSize) / audioBytesPerSecond)
  return {
    creditCost: videoCreditsOf(plans, templateKey),
    mostAtOnce: atOnce,
    maxDurationSeconds,
    reservedBytes: Math.ceil(seconds * outputBytesPerSecond),
  }
}

interface TermsInput {
  readonly userId: string
  readonly templateKey: string
  readonly audio: Pick<Upload, 'byteSize'>
  readonly now: Date
}

/** The reference of the credits of an attempt. */
export function holdReference({ id, attempt }: Pick<Video, 'id' | 'attempt'>): string {
  return `video:${id}:${attempt}`
}

/**
 * Holds the credits of an attempt, consumes one of VIDEOS and the reserved bytes, and adds a job, in the transaction that
 * stores the attempt. The wallet is locked after the video, and the counters last. Throws InsufficientCredits and
 * QuotaExceeded; the transaction must then be rolled back.
 */
export async function startAttempt(
  tx: Tx,
  { usage }: Pick<VideosServices, 'usage'>,
  video: Pick<Video, 'id' | 'userId' | 'attempt' | 'title' | 'creditCost' | 'reservedBytes'>,
  now: Date,
): Promise<void> {
  const { id, userId, attempt, title, creditCost, reservedBytes } = video
  if (creditCost > 0) {
    const deadline = new Date(now.getTime() + holdMs)
    const texts = { description: 'Video', personalText: title }
    await hold(tx, { userId, amount: creditCost, reference: holdReference(video), ...texts, deadline, now })
  }
  await enqueue(tx, renderNext, {}, { key: `${id}:${attempt}` })
  await usage.consume(tx, { userId, amounts: { VIDEOS: 1, STORAGE_BYTES: Number(reservedBytes) }, now })
}
