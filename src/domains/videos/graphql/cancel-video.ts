import type { Video } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { cancelVideo } from '../commands/cancel-video.ts'
import { VideoState } from '../errors.ts'
import { videos } from '../services.ts'
import { VideoNode } from './video.ts'

const CancelVideoInput = builder.inputType('CancelVideoInput', {
  description: 'The video to cancel.',
  fields: (t) => ({
    videoId: t.id({ required: true, description: "The video's global ID." }),
  }),
})

const CancelVideoPayload = builder.objectRef<{ readonly video: Video }>('CancelVideoPayload').implement({
  description: 'Returned when the video was cancelled, now or earlier.',
  fields: (t) => ({ video: t.expose('video', { type: VideoNode, description: 'The cancelled video.' }) }),
})

builder.mutationField('cancelVideo', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CancelVideoPayload,
    nullable: true,
    rate: null,
    description: 'Cancels a video that has not finished, and gives its credits back.',
    errors: { types: [NotFound, VideoState], union: { description: 'The cancelled video or an error.' } },
    args: { input: t.arg({ type: CancelVideoInput, required: true, description: 'The video to cancel.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      const videoId = parseInputId('Video', input.videoId, 'videoId')
      return { video: await cancelVideo(services(videos), viewer, videoId) }
    },
  }),
)
