import { builder } from '../../../graphql/builder.ts'
import { ActivityNode } from './activity.ts'

for (const payload of ['RequestUploadPayload', 'CompleteUploadPayload'] as const) {
  builder.objectField(payload, 'activity', (t) =>
    t.prismaField({
      type: ActivityNode,
      nullable: true,
      description:
        payload === 'RequestUploadPayload'
          ? 'Set for ACTIVITY uploads.'
          : 'Set for ACTIVITY uploads; its file is being read.',
      resolve: (query, { upload }, _args, { db }) =>
        db.prisma.activity.findUnique({ ...query, where: { uploadId: upload.id } }),
    }),
  )
}
