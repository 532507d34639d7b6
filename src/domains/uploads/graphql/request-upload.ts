import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { IdempotencyConflict, NotFound, ProviderUnavailable } from '../../../platform/errors.ts'
import { QuotaExceeded } from '../../usage/index.ts'
import { requestUpload } from '../request-upload.ts'
import { signParts, signWhole } from '../sign-upload.ts'
import { SignedPartType, SignedUpload, UploadKind, UploadNode } from './upload.ts'

const RequestUploadInput = builder.inputType('RequestUploadInput', {
  description: 'The file that will be sent.',
  fields: (t) => ({
    kind: t.field({ type: UploadKind, required: true, description: 'What the file is for.' }),
    filename: t.string({
      required: true,
      description: "Its name on the user's device, 1 to 255 characters, without a path.",
    }),
    contentType: t.string({
      required: true,
      description:
        'Its media type as the device says; empty when it does not know. ACTIVITY takes application/octet-stream, application/vnd.ant.fit and the types of GPX and TCX; AUDIO takes audio/mpeg, audio/wav, audio/x-wav, audio/mp4 and audio/x-m4a.',
    }),
    byteSize: t.field({ type: 'SafeInt', required: true, description: 'Its exact size in bytes.' }),
    contentMd5: t.string({
      description: 'Base64 MD5 of the file: the bucket then refuses damaged bytes. Single requests only.',
    }),
    activityId: t.id({
      description: 'Attach the file to this activity; without it, an ACTIVITY upload makes a new one.',
    }),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for every new request; the same key with the same input gives the same upload.',
    }),
  }),
})

builder.objectType('RequestUploadPayload', {
  description: 'An upload that may begin.',
  fields: (t) => ({
    upload: t.expose('upload', { type: UploadNode, description: 'The upload.' }),
    request: t.field({
      type: SignedUpload,
      nullable: true,
      description:
        'One request for the whole file; null when parts are set, or when the upload no longer waits for its file.',
      extensions: costing({ own: 5 }),
      resolve: ({ upload }, _args, { ports, clock }) => signWhole(ports.bucket, upload, clock()),
    }),
    parts: t.field({
      type: [SignedPartType],
      nullable: true,
      description: 'One request a part, in order; null when the file goes up in one request.',
      // Up to 8 are signed, with three small objects each.
      extensions: costing({ own: 50, items: 1 }),
      resolve: ({ upload }, _args, { ports, clock }) => signParts(ports.bucket, upload, clock()),
    }),
  }),
})

builder.mutationField('requestUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: 'RequestUploadPayload',
    nullable: true,
    rate: perHour(1_000),
    description:
      'Asks for an address to send a file to. Asking again with the same key answers with the same upload, signed anew.',
    errors: {
      types: [NotFound, QuotaExceeded, IdempotencyConflict, ProviderUnavailable],
      union: { description: 'The address, or why there is none.' },
    },
    args: {
      input: t.arg({
        type: RequestUploadInput,
        required: true,
        description: 'The file that will be sent, and what it is for.',
      }),
    },
    resolve: async (_root, { input }, { viewer, db, ports, clock }) => {
      const { activityId, contentMd5, ...file } = input
      const targetId = activityId == null ? null : parseId('Activity', activityId, ['input', 'activityId'])
      const request = { ...file, contentMd5: contentMd5 ?? null, targetId, userId: viewer.user.id, now: clock() }
      const { bucket, uploadOwners: owners, usage, countUpload } = ports
      return { upload: await requestUpload({ db, bucket, owners, usage, countUpload }, request) }
    },
  }),
)
