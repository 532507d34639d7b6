import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { UploadExpired, UploadIncomplete, UploadNotPending, UploadRejected } from '../errors.ts'

builder.objectType(UploadIncomplete, {
  name: 'UploadIncompleteError',
  description:
    'The file is not in the bucket yet, or is incomplete. Send the missing data, then complete the upload again.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_INCOMPLETE'),
})

export const UploadRejection = builder.enumType('UploadRejection', {
  description: 'Why a file was rejected.',
  values: {
    SIZE_MISMATCH: { description: 'The size of the file is not the declared size.' },
    TYPE_MISMATCH: { description: 'The media type of the stored file is not the declared media type.' },
    CONTENT_MISMATCH: { description: 'The first bytes of the file do not match a file type of this kind.' },
    CHECKSUM_MISMATCH: { description: 'The checksum of the file is not the declared checksum.' },
  } as const,
})

builder.objectType(UploadRejected, {
  name: 'UploadRejectedError',
  description:
    'The stored file does not match the request in size, media type, first bytes or checksum. It was removed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields('UPLOAD_REJECTED')(t),
    reason: t.expose('reason', { type: UploadRejection, description: 'What does not match.' }),
  }),
})

builder.objectType(UploadNotPending, {
  name: 'UploadNotPendingError',
  description: 'The upload has already ended: its status is READY, REJECTED or EXPIRED.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_NOT_PENDING'),
})

builder.objectType(UploadExpired, {
  name: 'UploadExpiredError',
  description: 'The upload was cancelled or not completed in time. Request a new one, with a new idempotency key.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_EXPIRED'),
})
