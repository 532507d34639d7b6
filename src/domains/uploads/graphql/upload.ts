import { builder } from '../../../graphql/builder.ts'
import { costing, countOf } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { validSeconds } from '../../../graphql/signed-url.ts'
import type { SignedRequest } from '../ports.ts'
import { listParts, type UploadPart } from '../queries/list-parts.ts'
import { uploads } from '../services.ts'
import { maxPartsAtOnce, type SignedPart, signDownload, signPart, signWhole } from '../sign-upload.ts'
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
      description:
        'When the URL expires. `Upload.request` and `Upload.parts` return new URLs, and so does the same request with the same idempotency key.',
    }),
  }),
})

export const SignedPartType = builder.objectRef<SignedPart>('SignedPart').implement({
  description:
    'A part of a multipart upload. Files larger than 64 MiB are sent in parts of equal size, 8 to 64 MiB by the size of the file, each to its own URL. `Upload.parts` shows which parts have arrived and returns new URLs, so that a long upload can continue.',
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

const UploadPartType = builder.objectRef<UploadPart>('UploadPart').implement({
  description: 'A part of a file that is sent in parts.',
  fields: (t) => ({
    partNumber: t.exposeInt('partNumber', { description: 'The part number, starting at 1.' }),
    byteSize: t.expose('byteSize', {
      type: 'SafeInt',
      description: 'The number of bytes of the file in this part. All parts except the last have the same size.',
    }),
    arrived: t.exposeBoolean('arrived', { description: 'Whether the bucket has this part.' }),
    etag: t.exposeString('etag', {
      nullable: true,
      description:
        'The ETag to pass to `completeUpload`. Null until the part has arrived, and if the bucket has already joined all parts: then call `completeUpload` without parts.',
    }),
    request: t.field({
      type: SignedUpload,
      description:
        'The request that sends the part, with a new URL at every read. A part that is sent again replaces the earlier one.',
      resolve: (part, _args, { services, clock }) => signPart(services(uploads).bucket, part.upload, part, clock()),
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
        const seconds = validSeconds(args.expiresInSeconds)
        return signDownload(services(uploads).bucket, upload, { now: clock(), seconds })
      },
    }),
    request: t.field({
      type: SignedUpload,
      nullable: true,
      description:
        "The request that sends the whole file, with a new URL at every read. Null if the file is sent in parts, unless the upload is PENDING, and for an admin who reads another user's upload.",
      extensions: costing({ own: 5 }),
      resolve: (upload, _args, { viewer, services, clock }) =>
        viewer?.user.id === upload.userId ? signWhole(services(uploads).bucket, upload, clock()) : null,
    }),
    parts: t.field({
      type: [UploadPartType],
      nullable: true,
      description:
        "The parts of a file that is sent in parts, in order, with what the bucket has of each: any client of the user can continue the upload. Null for a file that is sent in one request, unless the upload is PENDING, and for an admin who reads another user's upload.",
      // A request to the bucket.
      extensions: costing({ own: 50, items: ({ first }) => countOf(first ?? maxPartsAtOnce, maxPartsAtOnce) }),
      args: {
        first: t.arg.int({ defaultValue: maxPartsAtOnce, description: 'The number of parts to return, 1 to 100.' }),
        after: t.arg.int({ defaultValue: 0, description: 'Returns the parts after this part number.' }),
      },
      resolve: (upload, { first, after }, { viewer, services }) => {
        if (viewer?.user.id !== upload.userId) return null
        return listParts(services(uploads).bucket, upload, { first: first ?? maxPartsAtOnce, after: after ?? 0 })
      },
    }),
  }),
})
