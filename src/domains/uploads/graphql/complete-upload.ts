import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { perMinute } from '../../../graphql/limits/mutation-rate.ts'
import { NotFound, ProviderUnavailable } from '../../../platform/errors.ts'
import { completeUpload } from '../complete-upload.ts'
import { UploadExpired, UploadIncomplete, UploadRejected } from '../errors.ts'
import { UploadNode } from './upload.ts'

const UploadedPartInput = builder.inputType('UploadedPartInput', {
  description: 'A part that arrived.',
  fields: (t) => ({
    partNumber: t.int({ required: true, description: 'From 1, as in the plan.' }),
    etag: t.string({ required: true, description: "The ETag header of the bucket's answer." }),
  }),
})

const CompleteUploadInput = builder.inputType('CompleteUploadInput', {
  description: 'Which upload is complete.',
  fields: (t) => ({
    uploadId: t.id({ required: true, description: "The upload's global id." }),
    parts: t.field({
      type: [UploadedPartInput],
      description: 'For files in parts: what the bucket answered to each.',
    }),
  }),
})

builder.objectType('CompleteUploadPayload', {
  description: 'A file that arrived whole.',
  fields: (t) => ({
    upload: t.expose('upload', { type: UploadNode, description: 'The upload, now READY.' }),
  }),
})

builder.mutationField('completeUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: 'CompleteUploadPayload',
    nullable: true,
    rate: perMinute(200),
    description: 'Says that the file was sent: looks at what arrived, and takes it or refuses it. May be called again.',
    errors: {
      types: [NotFound, UploadIncomplete, UploadRejected, UploadExpired, ProviderUnavailable],
      union: { description: 'The completed upload, or why it is not.' },
    },
    args: {
      input: t.arg({
        type: CompleteUploadInput,
        required: true,
        description: 'Which upload, and for files in parts what the bucket answered to each.',
      }),
    },
    resolve: async (_root, { input }, { viewer, db, ports, clock }) => {
      const uploadId = parseId('Upload', input.uploadId, ['input', 'uploadId'])
      const completion = { userId: viewer.user.id, uploadId, parts: input.parts ?? null, now: clock() }
      const { bucket, uploadOwners: owners, countUpload } = ports
      return { upload: await completeUpload({ db, bucket, owners, countUpload }, completion) }
    },
  }),
)
