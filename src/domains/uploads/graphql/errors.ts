import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { UploadExpired, UploadIncomplete, UploadNotPending, UploadRejected } from '../errors.ts'

builder.objectType(UploadIncomplete, {
  name: 'UploadIncompleteError',
  description: 'The object is not in the bucket yet, or not whole. Send it, then complete again.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_INCOMPLETE'),
})

export const UploadRejection = builder.enumType('UploadRejection', {
  description: 'Why a file was refused.',
  values: {
    SIZE_MISMATCH: { description: 'It has another size than was announced.' },
    TYPE_MISMATCH: { description: 'It was stored with another media type than was announced.' },
    CONTENT_MISMATCH: { description: 'Its first bytes are not those of such a file.' },
    CHECKSUM_MISMATCH: { description: 'It has another checksum than was announced.' },
  } as const,
})

builder.objectType(UploadRejected, {
  name: 'UploadRejectedError',
  description: 'The object is there but is not what was announced: size, type, magic bytes, checksum. It was removed.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    ...errorFields('UPLOAD_REJECTED')(t),
    reason: t.expose('reason', { type: UploadRejection, description: 'What does not fit.' }),
  }),
})

builder.objectType(UploadNotPending, {
  name: 'UploadNotPendingError',
  description: 'The upload has ended already: it is READY, REJECTED or EXPIRED.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_NOT_PENDING'),
})

builder.objectType(UploadExpired, {
  name: 'UploadExpiredError',
  description: 'The upload was cancelled or not completed in time. Request a new one.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_EXPIRED'),
})
