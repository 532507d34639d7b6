import type { Upload } from '../../generated/prisma/client.ts'
import type { UploadStatus as UploadStatusName } from '../../generated/prisma/enums.ts'
import { builder } from '../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../graphql/connection.ts'
import { ErrorInterface, errorFields } from '../../graphql/error-types.ts'
import { parseId } from '../../graphql/ids.ts'
import type { Order, PageArgs } from '../../graphql/keyset.ts'
import { IdempotencyConflict, NotFound, ProviderUnavailable } from '../../platform/errors.ts'
import { cancelUpload } from './cancel-upload.ts'
import { completeUpload } from './complete-upload.ts'
import { UploadExpired, UploadIncomplete, UploadNotPending, UploadRejected } from './errors.ts'
import type { UploadOwners } from './owners.ts'
import type { Bucket, SignedRequest } from './ports.ts'
import { requestUpload } from './request-upload.ts'
import { type SignedPart, signDownload, signParts, signWhole } from './sign-upload.ts'

declare module '../../graphql/context.ts' {
  interface Ports {
    readonly bucket: Bucket
    readonly uploadOwners: UploadOwners
  }
}

declare module '../../graphql/builder.ts' {
  interface ObjectShapes {
    RequestUploadPayload: { readonly upload: Upload }
    CompleteUploadPayload: { readonly upload: Upload }
  }
}

// ---------------------------------------------------------------- errors

builder.objectType(UploadIncomplete, {
  name: 'UploadIncompleteError',
  description: 'The object is not in the bucket yet, or not whole. Send it, then complete again.',
  interfaces: [ErrorInterface],
  fields: errorFields('UPLOAD_INCOMPLETE'),
})

const UploadRejection = builder.enumType('UploadRejection', {
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

// ---------------------------------------------------------------- types

const UploadKind = builder.enumType('UploadKind', {
  description: 'What a file is for.',
  values: {
    ACTIVITY: {
      description: 'A recording of a watch or phone: FIT, GPX or TCX, up to 32 MiB. It becomes an activity.',
    },
    AUDIO: { description: 'Sound: MP3, WAV or M4A, up to 512 MiB.' },
  } as const,
})

const UploadStatus = builder.enumType('UploadStatus', {
  description: 'How far an upload has come.',
  values: {
    PENDING: { description: 'Waiting for the file, or for completeUpload.' },
    READY: { description: 'Here, and what it was announced to be.' },
    REJECTED: { description: 'Arrived, but was not what was announced; it was removed.' },
    EXPIRED: { description: 'Never completed within 24 hours; what had arrived was removed.' },
    CANCELLED: { description: 'Given up by the person.' },
  } as const,
})

const HttpHeader = builder.objectRef<{ readonly name: string; readonly value: string }>('HttpHeader').implement({
  description: 'One header of a request.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, in lower case.' }),
    value: t.exposeString('value', { description: 'Its value.' }),
  }),
})

const SignedUpload = builder.objectRef<SignedRequest>('SignedUpload').implement({
  description:
    'What the client sends: the method, the URL and every header but content-length, which browsers set themselves.',
  fields: (t) => ({
    method: t.exposeString('method', { description: 'The HTTP method.' }),
    url: t.expose('url', { type: 'URL', description: 'Where to send the bytes.' }),
    headers: t.field({
      type: [HttpHeader],
      description: 'Headers that must be sent exactly so; they are signed.',
      resolve: (request) => [...request.headers],
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the address lapses; ask again with the same key for a new one.',
    }),
  }),
})

const SignedPartType = builder.objectRef<SignedPart>('SignedPart').implement({
  description:
    'A file above 64 MiB goes up in equal parts; each has its own address. Asking again with the same key signs anew, so a long upload can go on.',
  fields: (t) => ({
    partNumber: t.exposeInt('partNumber', { description: 'From 1.' }),
    byteSize: t.expose('byteSize', {
      type: 'SafeInt',
      description: 'How many bytes of the file go into this part; all are equal but the last.',
    }),
    request: t.expose('request', {
      type: SignedUpload,
      description: "The request that carries it; the answer's ETag header goes into completeUpload.",
    }),
  }),
})

const SignedDownload = builder.objectRef<SignedRequest>('SignedDownload').implement({
  description: 'Where to fetch a file. Answers as an attachment with the original filename.',
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', description: 'Fetch it with GET; whoever has the address has the file.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the address lapses.' }),
  }),
})

const UploadNode = builder.prismaNode('Upload', {
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'A file that was sent, or is about to be, straight to the private bucket.',
  nullable: true,
  findUnique: (id, { viewer }) => ({ id, userId: viewer?.user.id ?? '' }),
  fields: (t) => ({
    kind: t.expose('kind', { type: UploadKind, description: 'What the file is for.' }),
    filename: t.exposeString('filename', {
      description: "What the user's device called it; shown, never used as a key.",
    }),
    contentType: t.exposeString('contentType', { description: 'The media type it is stored with.' }),
    byteSize: t.expose('byteSize', {
      type: 'SafeInt',
      description: 'Its size in bytes, as announced; the bucket takes no other.',
    }),
    status: t.expose('status', { type: UploadStatus, description: 'How far it has come.' }),
    rejection: t.expose('rejection', {
      type: UploadRejection,
      nullable: true,
      description: 'Why it was refused; set when REJECTED.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        "The row's deadline (24 hours), not the address's: when an upload that was never completed is swept away. Null once it has ended.",
    }),
    download: t.field({
      type: SignedDownload,
      nullable: true,
      description: 'A private, short-lived address; null unless READY.',
      args: {
        expiresInSeconds: t.arg.int({ defaultValue: 300, description: 'How long the address shall work, 60 to 3600.' }),
      },
      resolve: (upload, args, { ports, clock }) => {
        const seconds = Math.min(Math.max(args.expiresInSeconds ?? 300, 60), 3600)
        return signDownload(ports.bucket, upload, { now: clock(), seconds })
      },
    }),
  }),
})

// ---------------------------------------------------------------- reading

const newestFirst: Order<'createdAt'> = { name: 'uploads', column: 'createdAt', direction: 'desc', kind: 'instant' }

const UploadConnection = builder.connectionObject(
  { type: UploadNode, name: 'UploadConnection', description: 'A page of uploads.' },
  { name: 'UploadEdge', description: 'An upload in a list.' },
)

const uploadsPage = pageOfRelation('uploads', (args: PageArgs & { status?: UploadStatusName | null | undefined }) => ({
  where: args.status ? { status: args.status } : {},
  order: newestFirst,
}))

builder.prismaObjectFields('User', (t) => ({
  uploads: t.field({
    type: UploadConnection,
    description: 'Files sent or about to be sent, newest first.',
    args: {
      ...pageArgs(t.arg),
      status: t.arg({ type: UploadStatus, description: 'Only those in this state.' }),
    },
    extensions: uploadsPage.extensions,
    resolve: (user, args) => uploadsPage.connect<Upload>(user, args),
  }),
}))

// ---------------------------------------------------------------- changing

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
      resolve: ({ upload }, _args, { ports, clock }) => signWhole(ports.bucket, upload, clock()),
    }),
    parts: t.field({
      type: [SignedPartType],
      nullable: true,
      description: 'One request a part, in order; null when the file goes up in one request.',
      resolve: ({ upload }, _args, { ports, clock }) => signParts(ports.bucket, upload, clock()),
    }),
  }),
})

builder.mutationField('requestUpload', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: 'RequestUploadPayload',
    nullable: true,
    description:
      'Asks for an address to send a file to. Asking again with the same key answers with the same upload, signed anew.',
    errors: {
      types: [NotFound, IdempotencyConflict, ProviderUnavailable],
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
      return { upload: await requestUpload({ db, bucket: ports.bucket, owners: ports.uploadOwners }, request) }
    },
  }),
)

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
      return { upload: await completeUpload({ db, bucket: ports.bucket, owners: ports.uploadOwners }, completion) }
    },
  }),
)

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
    description: 'Gives up an upload that was not completed; what has arrived of it is removed.',
    errors: {
      types: [NotFound, UploadNotPending],
      union: { description: 'The cancelled upload, or why it is not.' },
    },
    args: { uploadId: t.arg.id({ required: true, description: "The upload's global id." }) },
    resolve: async (_root, args, { viewer, db, clock }) => {
      const uploadId = parseId('Upload', args.uploadId, ['uploadId'])
      return {
        upload: await db.transaction((tx) => cancelUpload(tx, { userId: viewer.user.id, uploadId, now: clock() })),
      }
    },
  }),
)
