import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { perMinute } from '../../../graphql/limits/mutation-rate.ts'
import { NotFound, ProviderUnavailable } from '../../../platform/errors.ts'
import { completeUpload } from '../commands/complete-upload.ts'
import { UploadExpired, UploadIncomplete, UploadRejected } from '../errors.ts'
import { uploads } from '../services.ts'
import { UploadNode } from './upload.ts'

const UploadedPartInput = builder.inputType('UploadedPartInput', {
  description: 'A part that was sent.',
  fields: (t) => ({
    partNumber: t.int({
      required: true,
      description: 'The part number, starting at 1, as returned by `requestUpload`.',
    }),
    etag: t.string({ required: true, description: "The ETag header of the bucket's response." }),
  }),
})

const CompleteUploadInput = builder.inputType('CompleteUploadInput', {
  description: 'The upload to complete.',
  fields: (t) => ({
    uploadId: t.id({ required: true, description: "The upload's global ID." }),
    parts: t.field({
      type: [UploadedPartInput],
      description: 'For multipart uploads: the ETag of each part.',
    }),
  }),
})

builder.objectType('CompleteUploadPayload', {
  description: 'Returned when the file is complete and accepted.',
  fields: (t) => ({
    upload: t.expose('upload', { type: UploadNode, description: 'The upload. Its status is READY.' }),
  }),
})

builder.mutationField('completeUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: 'CompleteUploadPayload',
    nullable: true,
    rate: perMinute(200),
    description:
      'Reports that the file was sent. The server checks the stored file and accepts or rejects it. Can be called again.',
    errors: {
      types: [NotFound, UploadIncomplete, UploadRejected, UploadExpired, ProviderUnavailable],
      union: { description: 'The completed upload or an error.' },
    },
    args: {
      input: t.arg({
        type: CompleteUploadInput,
        required: true,
        description: 'The upload and, for multipart uploads, the ETag of each part.',
      }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      const uploadId = parseInputId('Upload', input.uploadId, 'uploadId')
      const parts = input.parts ?? null
      return { upload: await completeUpload(services(uploads), viewer, { uploadId, parts }) }
    },
  }),
)
