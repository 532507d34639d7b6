import { builder } from '../../../graphql/builder.ts'
import { ActivityNode } from './activity.ts'

for (const payload of ['RequestUploadPayload', 'CompleteUploadPayload'] as const) {
  builder.objectField(payload, 'activity', (t) =>
    t.prismaField({
      type: ActivityNode,
      nullable: true,
      description:
        payload === 'RequestUploadPayload'
          ? 'The activity of the file. Set for ACTIVITY uploads.'
          : 'The activity of the file, which is being processed. Set for ACTIVITY uploads.',
      resolve: (query, { upload }, _args, { db }) =>
        db.prisma.activity.findUnique({ ...query, where: { uploadId: upload.id } }),
    }),
  )
}
