import type { Video } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order, PageArgs } from '../../../graphql/keyset.ts'
import { VideoNode } from './video.ts'

const newestFirst: Order<'createdAt'> = { name: 'videos', column: 'createdAt', direction: 'desc', kind: 'instant' }

const VideoConnection = builder.connectionObject(
  { type: VideoNode, name: 'VideoConnection', description: 'A page of videos.' },
  { name: 'VideoEdge', description: 'A video in a connection.' },
)

const videosPage = pageOfRelation('videos', (_args: PageArgs) => ({ where: {}, order: newestFirst }))

builder.prismaObjectFields('User', (t) => ({
  videos: t.field({
    type: VideoConnection,
    description: 'Videos, newest first.',
    args: pageArgs(t.arg),
    extensions: videosPage.extensions,
    resolve: (user, args) => videosPage.connect<Video>(user, args),
  }),
}))
