import { builder } from '../../../graphql/builder.ts'
import { parseInputId, toGlobalId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { deleteVideo } from '../commands/delete-video.ts'
import { videos } from '../services.ts'

const DeleteVideoInput = builder.inputType('DeleteVideoInput', {
  description: 'The video to delete.',
  fields: (t) => ({ videoId: t.id({ required: true, description: "The video's global ID." }) }),
})

const DeleteVideoPayload = builder.objectRef<{ readonly videoId: string }>('DeleteVideoPayload').implement({
  description: 'Returned when the video was deleted.',
  fields: (t) => ({
    deletedVideoId: t.id({
      description: 'The global ID of the deleted video.',
      resolve: ({ videoId }) => toGlobalId('Video', videoId),
    }),
  }),
})

builder.mutationField('deleteVideo', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: DeleteVideoPayload,
    nullable: true,
    rate: null,
    description:
      'Deletes a video with its files. A video that has not finished is cancelled first. The audio file remains.',
    errors: { types: [NotFound], union: { description: 'The deleted video or an error.' } },
    args: { input: t.arg({ type: DeleteVideoInput, required: true, description: 'The video to delete.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      const videoId = parseInputId('Video', input.videoId, 'videoId')
      await deleteVideo(services(videos), viewer, videoId)
      return { videoId }
    },
  }),
)
