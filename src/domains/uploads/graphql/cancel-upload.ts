import type { Upload } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { NotFound } from '../../../platform/errors.ts'
import { cancelUpload } from '../commands/cancel-upload.ts'
import { UploadNotPending } from '../errors.ts'
import { uploads } from '../services.ts'
import { UploadNode } from './upload.ts'

const CancelUploadInput = builder.inputType('CancelUploadInput', {
  description: 'The upload to cancel.',
  fields: (t) => ({ uploadId: t.id({ required: true, description: "The upload's global ID." }) }),
})

const CancelUploadPayload = builder.objectRef<{ readonly upload: Upload }>('CancelUploadPayload').implement({
  description: 'Returned when the upload was cancelled.',
  fields: (t) => ({
    upload: t.expose('upload', { type: UploadNode, description: 'The upload. Its status is CANCELLED.' }),
  }),
})

builder.mutationField('cancelUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: CancelUploadPayload,
    nullable: true,
    rate: null,
    description: 'Cancels an upload that was not completed. Data that was already sent is removed.',
    errors: {
      types: [NotFound, UploadNotPending],
      union: { description: 'The cancelled upload or an error.' },
    },
    args: { input: t.arg({ type: CancelUploadInput, required: true, description: 'The upload to cancel.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      const uploadId = parseInputId('Upload', input.uploadId, 'uploadId')
      return { upload: await cancelUpload(services(uploads), viewer, uploadId) }
    },
  }),
)
