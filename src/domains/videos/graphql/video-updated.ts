import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { videoMessages } from '../messages.ts'
import { watchVideo } from '../queries/watch-video.ts'
import { videos } from '../services.ts'
import { VideoNode } from './video.ts'

builder.subscriptionField('videoUpdated', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: VideoNode,
    description:
      'Sends the current state first, then the newest state after every change (quick changes are merged). Ends when the video is deleted. Progress may be polled instead.',
    args: { videoId: t.arg.id({ required: true, description: "The video's global ID." }) },
    subscribe: (_root, args, { viewer, services, signal }) => {
      const videoId = parseId('Video', args.videoId, ['videoId'])
      return watchVideo(services(videos), { userId: viewer.id, videoId, signal: signal() })
    },
    resolve: async (query, videoId, _args, { db }) => {
      const video = await db.prisma.video.findUnique({ ...query, where: { id: videoId as string } })
      // The video was deleted after the last notification. The stream ends at the next check.
      if (!video) throw new NotFound(videoMessages.notFound())
      return video
    },
  }),
)
