import type { Upload } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { cancelUpload } from '../cancel-upload.ts'
import { UploadNotPending } from '../errors.ts'
import { UploadNode } from './upload.ts'

const CancelUploadPayload = builder.objectRef<{ readonly upload: Upload }>('CancelUploadPayload').implement({
  description: 'An upload that was given up.',
  fields: (t) => ({
    upload: t.expose('upload', { type: UploadNode, description: 'The upload, now CANCELLED.' }),
  }),
})

builder.mutationField('cancelUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CancelUploadPayload,
    nullable: true,
    rate: null,
    description: 'Gives up an upload that was not completed; what has arrived of it is removed.',
    errors: {
      types: [NotFound, UploadNotPending],
      union: { description: 'The cancelled upload, or why it is not.' },
    },
    args: { uploadId: t.arg.id({ required: true, description: "The upload's global id." }) },
    resolve: async (_root, args, { viewer, db, ports, clock }) => {
      const uploadId = parseId('Upload', args.uploadId, ['uploadId'])
      const { countUpload } = ports
      return { upload: await cancelUpload({ db, countUpload }, { userId: viewer.user.id, uploadId, now: clock() }) }
    },
  }),
)
