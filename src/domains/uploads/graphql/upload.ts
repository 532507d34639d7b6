import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import type { SignedRequest } from '../ports.ts'
import { uploads } from '../services.ts'
import { type SignedPart, signDownload } from '../sign-upload.ts'
import { UploadRejection } from './errors.ts'

export const UploadStatus = builder.enumType('UploadStatus', {
  description: 'The status of an upload.',
  values: {
    PENDING: { description: 'The server is waiting for the file or for `completeUpload`.' },
    READY: { description: 'The file is stored and matches the request.' },
    REJECTED: { description: 'The file was sent but did not match the request. It was removed.' },
    EXPIRED: { description: 'The upload was not completed within 24 hours. Data that was already sent was removed.' },
    CANCELLED: { description: 'The user cancelled the upload.' },
  } as const,
})

const HttpHeader = builder.objectRef<{ readonly name: string; readonly value: string }>('HttpHeader').implement({
  description: 'A header of an HTTP request.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name, in lower case.' }),
    value: t.exposeString('value', { description: 'The value.' }),
  }),
})

export const SignedUpload = builder.objectRef<SignedRequest>('SignedUpload').implement({
  description:
    'The HTTP request that the client must send: the method, the URL and every header except content-length, which browsers set themselves.',
  fields: (t) => ({
    method: t.exposeString('method', { description: 'The HTTP method.' }),
    url: t.expose('url', { type: 'URL', description: 'The URL to send the data to.' }),
    headers: t.field({
      type: [HttpHeader],
      description: 'The headers. They are signed, so they must be sent exactly as given.',
      resolve: (request) => [...request.headers],
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the URL expires. Repeat the request with the same idempotency key to get a new URL.',
    }),
  }),
})

export const SignedPartType = builder.objectRef<SignedPart>('SignedPart').implement({
  description:
    'A part of a multipart upload. Files larger than 64 MiB are sent in parts of equal size, each to its own URL. Repeating the request with the same idempotency key returns new URLs, so that a long upload can continue.',
  fields: (t) => ({
    partNumber: t.exposeInt('partNumber', { description: 'The part number, starting at 1.' }),
    byteSize: t.expose('byteSize', {
      type: 'SafeInt',
      description: 'The number of bytes of the file in this part. All parts except the last have the same size.',
    }),
    request: t.expose('request', {
      type: SignedUpload,
      description: 'The request that sends the part. Pass the ETag header of the response to `completeUpload`.',
    }),
  }),
})

builder.objectType('SignedDownload', {
  description: 'A presigned URL to download a file. The file is served as an attachment with its original file name.',
  fields: (t) => ({
    url: t.expose('url', {
      type: 'URL',
      description: 'Download it with GET. Anyone who has this URL can download the file.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the URL expires.' }),
  }),
})

export const UploadNode = builder.prismaNode('Upload', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A file that was or will be sent directly to the private bucket.',
  fields: (t) => ({
    kind: t.expose('kind', { type: 'UploadKind', description: 'The purpose of the file.' }),
    filename: t.exposeString('filename', {
      description: "The file name on the user's device. It is only displayed, never used as a storage key.",
    }),
    contentType: t.exposeString('contentType', {
      description:
        'The media type with which the file is stored: one name for each format, so it may differ from the one in the request.',
    }),
    byteSize: t.expose('byteSize', {
      type: 'SafeInt',
      description: 'The size in bytes that was declared in the request. The bucket accepts no other size.',
    }),
    status: t.expose('status', { type: UploadStatus, description: 'The status of the upload.' }),
    rejection: t.expose('rejection', {
      type: UploadRejection,
      nullable: true,
      description: 'Why the file was rejected. Set when the status is REJECTED.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the upload was requested.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'The deadline for completing the upload, 24 hours after the request. An upload that is not completed by then expires. The presigned URLs expire earlier. Null once the upload has ended.',
    }),
    download: t.field({
      type: 'SignedDownload',
      nullable: true,
      description:
        "A private, short-lived download URL. Null unless the upload is READY, and null for an admin who reads another user's upload.",
      extensions: costing({ own: 5 }),
      args: {
        expiresInSeconds: t.arg.int({
          defaultValue: 300,
          description: 'How long the URL is valid, in seconds: 60 to 3600.',
        }),
      },
      resolve: (upload, args, { viewer, services, clock }) => {
        if (viewer?.user.id !== upload.userId) return null
        const seconds = Math.min(Math.max(args.expiresInSeconds ?? 300, 60), 3600)
        return signDownload(services(uploads).bucket, upload, { now: clock(), seconds })
      },
    }),
  }),
})
