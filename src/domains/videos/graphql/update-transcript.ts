import type { Video } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { checkAll, NotFound } from '../../../platform/errors.ts'
import { updateTranscript } from '../commands/update-transcript.ts'
import { VideoState } from '../errors.ts'
import { videos } from '../services.ts'
import { readOwnTranscript } from '../transcripts/own-transcript.ts'
import { VideoTranscriptInput } from './transcript-input.ts'
import { VideoNode } from './video.ts'

const UpdateTranscriptInput = builder.inputType('UpdateTranscriptInput', {
  description: 'The video and what is spoken.',
  fields: (t) => ({
    videoId: t.id({ required: true, description: "The video's global ID." }),
    transcript: t.field({ type: VideoTranscriptInput, required: true, description: 'What is spoken.' }),
  }),
})

const UpdateTranscriptPayload = builder.objectRef<{ readonly video: Video }>('UpdateTranscriptPayload').implement({
  description: 'Returned when the transcript was replaced.',
  fields: (t) => ({
    video: t.expose('video', { type: VideoNode, description: 'The video with the new transcript.' }),
  }),
})

builder.mutationField('updateTranscript', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateTranscriptPayload,
    nullable: true,
    rate: perHour(200),
    description:
      'Replaces the transcript of a video that has finished. The files change with `retryVideo`, which repeats only what depends on the transcript. If the times of all segments stay the same, the pictures stay too.',
    errors: { types: [NotFound, VideoState], union: { description: 'The video or an error.' } },
    args: {
      input: t.arg({ type: UpdateTranscriptInput, required: true, description: 'The video and what is spoken.' }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      const update = checkAll({
        videoId: () => parseInputId('Video', input.videoId, 'videoId'),
        transcript: () => readOwnTranscript(input.transcript, ['transcript']),
      })
      return { video: await updateTranscript(services(videos), viewer, update) }
    },
  }),
)
