import { Prisma, type Video } from '../../../generated/prisma/client.ts'
import { notify, type Tx } from '../../../platform/database/db.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { VideoState } from '../errors.ts'
import { videoMessages } from '../messages.ts'
import type { Transcript } from '../ports.ts'
import type { VideosServices } from '../services.ts'
import { readProbe, readTranscript, toJson } from '../step-results.ts'
import { videoTopic } from '../topic.ts'
import { fitToAudio, type OwnTranscript } from '../transcripts/own-transcript.ts'
import { lockVideo } from './lock-video.ts'

export interface TranscriptUpdate {
  readonly videoId: string
  readonly transcript: OwnTranscript
}

/**
 * Replaces the transcript of a video that has finished; its files change with the next attempt. The plan and the pictures
 * are kept where the times of all segments are the same, as after a corrected word. A late result of an attempt that was
 * given up is not stored any more: it shows the transcript of before. Repeating it has no further effect. Throws
 * InvalidInput, NotFound and VideoState.
 */
export function updateTranscript(services: VideosServices, viewer: Viewer, update: TranscriptUpdate): Promise<Video> {
  return runAs(services, viewer, (tx) => replace(tx, viewer.id, update))
}

async function replace(tx: Tx, userId: string, { videoId: id, transcript: own }: TranscriptUpdate): Promise<Video> {
  const video = await lockVideo(tx, { userId, id })
  if (video.status === 'QUEUED' || video.status === 'RENDERING') throw new VideoState(videoMessages.notFinished())
  const probe = readProbe(video.probe)
  // Without a probe the next attempt fits it to the audio.
  const transcript = probe ? fitToAudio(own, probe, ['transcript']) : own.transcript
  const keepsScenes = transcript !== null && hasSameTimes(transcript, readTranscript(video.transcript))
  const updated = await tx.video.update({
    where: { id },
    data: {
      isOwnTranscript: true,
      transcript: transcript ? toJson(transcript) : Prisma.DbNull,
      ownText: transcript ? null : own.ownText,
      ...(keepsScenes ? {} : { plan: Prisma.DbNull, scenes: Prisma.DbNull }),
      lease: null,
      revision: { increment: 1 },
    },
  })
  notify(tx, videoTopic(id))
  return updated
}

function hasSameTimes(one: Transcript, other: Transcript | null): boolean {
  return (
    one.segments.length === other?.segments.length &&
    one.segments.every(({ startSeconds, endSeconds }, at) => {
      const segment = other.segments[at]
      return segment?.startSeconds === startSeconds && segment.endSeconds === endSeconds
    })
  )
}
