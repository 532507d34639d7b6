import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import type { SignedRequest } from '../ports.ts'
import { type SignedPart, signDownload } from '../sign-upload.ts'
import { UploadRejection } from './errors.ts'

export const UploadKind = builder.enumType('UploadKind', {
  description: 'What a file is for.',
  values: {
    ACTIVITY: {
      description: 'A recording of a watch or phone: FIT, GPX or TCX, up to 32 MiB. It becomes an activity.',
    },
    AUDIO: { description: 'Sound: MP3, WAV or M4A, up to 512 MiB.' },
  } as const,
})

export const UploadStatus = builder.enumType('UploadStatus', {
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

export const SignedUpload = builder.objectRef<SignedRequest>('SignedUpload').implement({
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

export const SignedPartType = builder.objectRef<SignedPart>('SignedPart').implement({
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

builder.objectType('SignedDownload', {
  description: 'Where to fetch a file. Answers as an attachment with the original filename.',
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', description: 'Fetch it with GET; whoever has the address has the file.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the address lapses.' }),
  }),
})

export const UploadNode = builder.prismaNode('Upload', {
  ...ownedByUser,
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'A file that was sent, or is about to be, straight to the private bucket.',
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
      type: 'SignedDownload',
      nullable: true,
      description: "A private, short-lived address; null unless READY, and for admins who read another person's.",
      extensions: costing({ own: 5 }),
      args: {
        expiresInSeconds: t.arg.int({ defaultValue: 300, description: 'How long the address shall work, 60 to 3600.' }),
      },
      resolve: (upload, args, { viewer, ports, clock }) => {
        if (viewer?.user.id !== upload.userId) return null
        const seconds = Math.min(Math.max(args.expiresInSeconds ?? 300, 60), 3600)
        return signDownload(ports.bucket, upload, { now: clock(), seconds })
      },
    }),
  }),
})
