import type { Prisma } from '../../../generated/prisma/client.ts'
import { notify } from '../../../platform/database/db.ts'
import type { VideosServices } from '../services.ts'
import { videoTopic } from '../topic.ts'
import type { ClaimedVideo } from './claim-video.ts'

const heartbeatMs = 5_000

/** The video was cancelled or deleted, or another worker has it. Nothing of this attempt may be stored any more. */
export class LeaseEnded extends Error {
  constructor(videoId: string) {
    super(`The lease of the video ${videoId} has ended.`)
    this.name = 'LeaseEnded'
  }
}

export interface Lease extends AsyncDisposable {
  /** Aborted with the signal that was given, or with LeaseEnded. */
  readonly signal: AbortSignal
  /** Writes columns of the video, and notifies its subscribers. Throws LeaseEnded where the lease is not current. */
  write(data: Prisma.VideoUncheckedUpdateManyInput): Promise<void>
}

/**
 * Writes heartbeats for a claimed video, and reads at each notification of it whether the lease is still current: a
 * cancellation ends the work within a second, whichever process wrote it.
 */
export async function keepLease(
  { db, notifications, clock, log }: Pick<VideosServices, 'db' | 'notifications' | 'clock' | 'log'>,
  { id, lease }: ClaimedVideo,
  signal: AbortSignal,
): Promise<Lease> {
  const closed = new AbortController()
  const ended = new AbortController()
  const end = () => ended.abort(new LeaseEnded(id))
  const where = { id, lease, status: 'RENDERING' } as const

  let isBeating = false
  /** One at a time: while the row is locked, each would wait with a connection of its own. */
  const beat = async () => {
    if (isBeating) return
    isBeating = true
    try {
      const { count } = await db.prisma.video.updateMany({ where, data: { heartbeatAt: clock() } })
      if (count === 0) end()
    } finally {
      isBeating = false
    }
  }
  const check = async () => {
    if ((await db.prisma.video.count({ where })) === 0) end()
  }
  const ignoringErrors = (work: () => Promise<void>) =>
    work().catch((error: unknown) => log.warn({ err: error, videoId: id }, 'the lease of a video could not be checked'))

  const changes = await notifications.subscribe(videoTopic(id), closed.signal)
  const checking = (async () => {
    for await (const _ of changes) await ignoringErrors(check)
  })()
  const timer = setInterval(() => void ignoringErrors(beat), heartbeatMs)
  return {
    signal: AbortSignal.any([signal, ended.signal]),
    async write(data) {
      await db.transaction(async (tx) => {
        const changed = { ...data, heartbeatAt: clock(), revision: { increment: 1 } }
        const { count } = await tx.video.updateMany({ where, data: changed })
        if (count === 0) {
          end()
          throw ended.signal.reason
        }
        notify(tx, videoTopic(id))
      })
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      closed.abort()
      await checking
    },
  }
}
