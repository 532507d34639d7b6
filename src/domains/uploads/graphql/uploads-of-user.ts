import type { Upload } from '../../../generated/prisma/client.ts'
import type { UploadStatus as UploadStatusName } from '../../../generated/prisma/enums.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order, PageArgs } from '../../../graphql/keyset.ts'
import { UploadNode, UploadStatus } from './upload.ts'

const newestFirst: Order<'createdAt'> = { name: 'uploads', column: 'createdAt', direction: 'desc', kind: 'instant' }

const UploadConnection = builder.connectionObject(
  { type: UploadNode, name: 'UploadConnection', description: 'A page of uploads.' },
  { name: 'UploadEdge', description: 'An upload in a connection.' },
)

const uploadsPage = pageOfRelation('uploads', (args: PageArgs & { status?: UploadStatusName | null | undefined }) => ({
  where: args.status ? { status: args.status } : {},
  order: newestFirst,
}))

builder.prismaObjectFields('User', (t) => ({
  uploads: t.field({
    type: UploadConnection,
    description: 'Uploads, newest first.',
    args: {
      ...pageArgs(t.arg),
      status: t.arg({ type: UploadStatus, description: 'Returns only uploads with this status.' }),
    },
    extensions: uploadsPage.extensions,
    resolve: (user, args) => uploadsPage.connect<Upload>(user, args),
  }),
}))
