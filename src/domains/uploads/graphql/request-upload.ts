import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { checkAll, IdempotencyConflict, NotFound, ProviderUnavailable } from '../../../platform/errors.ts'
import { QuotaExceeded } from '../../usage/index.ts'
import { checkRequest } from '../commands/check-request.ts'
import { requestUpload } from '../commands/request-upload.ts'
import { UploadExpired } from '../errors.ts'
import { uploads } from '../services.ts'
import { signParts, signWhole } from '../sign-upload.ts'
import { SignedPartType, SignedUpload, UploadNode } from './upload.ts'
import { readTarget, targetFields } from './upload-kind.ts'

const RequestUploadInput = builder.inputType('RequestUploadInput', {
  description: 'The file to upload.',
  fields: (t) => ({
    kind: t.field({ type: 'UploadKind', required: true, description: 'The purpose of the file.' }),
    filename: t.string({
      required: true,
      description: "The file name on the user's device, 1 to 255 characters, without a path.",
    }),
    contentType: t.string({
      required: true,
      description:
        'The media type reported by the device; empty if the device does not know it. The usual names of a format are accepted (application/fits, image/fits and application/x-garmin-fit for FIT, audio/mp3, audio/wave and audio/m4a, image/jpg, …) and stored as one: the headers of the signed request say which to send. ACTIVITY stores application/octet-stream, application/vnd.ant.fit, application/gpx+xml, application/vnd.garmin.tcx+xml and application/xml; AUDIO stores audio/mpeg, audio/wav, audio/mp4 and application/octet-stream; IMAGE stores image/jpeg, image/png, image/webp and application/octet-stream. The first bytes of the file decide whether it is accepted.',
    }),
    byteSize: t.field({ type: 'SafeInt', required: true, description: 'The exact size in bytes.' }),
    contentMd5: t.string({
      description:
        'The Base64-encoded MD5 checksum of the file. With it the bucket rejects damaged data. Only for files that are sent in one request.',
    }),
    ...targetFields(t),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for each new upload. The same key with the same input returns the same upload.',
    }),
  }),
})

builder.objectType('RequestUploadPayload', {
  description: 'Returned when the file can be sent.',
  fields: (t) => ({
    upload: t.expose('upload', { type: UploadNode, description: 'The upload.' }),
    request: t.field({
      type: SignedUpload,
      nullable: true,
      description:
        'The request that sends the whole file. Null if `parts` is set, or if the upload is no longer waiting for its file.',
      extensions: costing({ own: 5 }),
      resolve: ({ upload }, _args, { services, clock }) => signWhole(services(uploads).bucket, upload, clock()),
    }),
    parts: t.field({
      type: [SignedPartType],
      nullable: true,
      description:
        'The requests that send the first 100 parts, in order; `Upload.parts` returns those of further parts. Null if the file is sent in one request.',
      // Signs up to 100 requests (32 for the largest files of the present kinds), each with three small objects.
      extensions: costing({ own: 50, items: 1 }),
      resolve: ({ upload }, _args, { services, clock }) => signParts(services(uploads).bucket, upload, clock()),
    }),
  }),
})

builder.mutationField('requestUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: 'RequestUploadPayload',
    nullable: true,
    rate: perHour(1_000),
    description:
      'Creates an upload and returns presigned URLs to send the file to. Repeating the request with the same idempotency key returns the same upload with new URLs, or UploadExpiredError after the upload was cancelled or has expired.',
    errors: {
      types: [NotFound, QuotaExceeded, IdempotencyConflict, UploadExpired, ProviderUnavailable],
      union: { description: 'The upload with its presigned URLs, or an error.' },
    },
    args: {
      input: t.arg({
        type: RequestUploadInput,
        required: true,
        description: 'The file to upload and its purpose.',
      }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      const { kind, filename, contentType, byteSize, contentMd5, idempotencyKey } = input
      const file = { kind, filename, contentType, byteSize, contentMd5: contentMd5 ?? null, idempotencyKey }
      const { targetId } = checkAll({
        targetId: () => readTarget(kind, input),
        file: () => checkRequest(file, services(uploads).kinds.get(kind)),
      })
      return { upload: await requestUpload(services(uploads), viewer, { ...file, targetId }) }
    },
  }),
)
