import type { Video } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import type { Context } from '../../../graphql/context.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { readsColumns } from '../../../graphql/selected-columns.ts'
import { signingCost, validSeconds } from '../../../graphql/signed-url.ts'
import { formatMessage } from '../../../platform/messages/format-message.ts'
import { fromStored, type StoredMessage } from '../../../platform/messages/message.ts'
import { videoFailures } from '../messages.ts'
import type { Attribution, TranscriptSegment } from '../ports.ts'
import { estimateReadyAt } from '../queries/estimate-ready-at.ts'
import { signFile } from '../queries/sign-file.ts'
import { findTemplate } from '../queries/template-terms.ts'
import { videos } from '../services.ts'
import { readScenes, readTranscript } from '../step-results.ts'
import type { VideoFile } from '../video-files.ts'
import { VideoFormat, VideoStatus, VideoStep } from './enums.ts'
import { VideoTemplate } from './video-template.ts'

const TranscriptSegmentType = builder.objectRef<TranscriptSegment>('TranscriptSegment').implement({
  description: 'A part of what is spoken.',
  fields: (t) => ({
    startSeconds: t.exposeFloat('startSeconds', { description: 'When it begins, in seconds from the start.' }),
    endSeconds: t.exposeFloat('endSeconds', { description: 'When it ends, in seconds from the start.' }),
    text: t.exposeString('text', { description: 'What is spoken.' }),
  }),
})

const AttributionType = builder.objectRef<Attribution>('Attribution').implement({
  description: 'Who took a picture.',
  fields: (t) => ({
    photographer: t.exposeString('photographer', { description: 'The name of the photographer.' }),
    photographerUrl: t.expose('photographerUrl', { type: 'URL', description: "The photographer's page." }),
    sourceUrl: t.expose('sourceUrl', { type: 'URL', description: 'The page of the picture.' }),
    source: t.exposeString('source', { description: 'Where the picture is from: Pexels.' }),
  }),
})

export const VideoNode = builder.prismaNode('Video', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A video that is made of an audio file.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'The title, as it is shown in the video.' }),
    template: t.field({
      type: VideoTemplate,
      nullable: true,
      description: 'The template. Null if this server no longer has it.',
      ...readsColumns(
        { templateKey: true },
        ({ templateKey }: Pick<Video, 'templateKey'>, _args: object, { services }: Context) =>
          findTemplate(services(videos), templateKey),
      ),
    }),
    format: t.expose('format', { type: VideoFormat, description: 'The shape of the picture.' }),
    status: t.expose('status', { type: VideoStatus, description: 'The status.' }),
    step: t.expose('step', {
      type: VideoStep,
      nullable: true,
      description: 'What is being done. Null unless the status is RENDERING.',
    }),
    progressPercent: t.exposeInt('progressPercent', { description: 'How far the video has come, 0 to 100.' }),
    estimatedReadyAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the video is expected to be ready. Null if too little is known.',
      ...readsColumns(
        { status: true, startedAt: true, progressPercent: true },
        (video: Pick<Video, 'status' | 'startedAt' | 'progressPercent'>, _args: object, { clock }: Context) =>
          estimateReadyAt(video, clock()),
      ),
    }),
    failure: t.string({
      nullable: true,
      description: "Why the video could not be made, in the viewer's language. Set when the status is FAILED.",
      ...readsColumns(
        { failure: true },
        ({ failure }: Pick<Video, 'failure'>, _args: object, { localization }: Context) => {
          const message = failure && fromStored(videoFailures, failure as unknown as StoredMessage)
          return message ? formatMessage(message, localization()) : null
        },
      ),
    }),
    creditCost: t.exposeInt('creditCost', {
      description: 'The credits that are held for the video, or that it has cost.',
    }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'The duration. Null until the audio was read.',
    }),
    byteSize: t.expose('byteSize', {
      type: 'SafeInt',
      nullable: true,
      description: 'The size of all its files, in bytes. Null until they exist.',
    }),
    audio: t.relation('audioUpload', {
      nullable: true,
      description: 'The audio file. Null once it was deleted.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the video was requested.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the video became READY, FAILED or CANCELLED.',
    }),
    transcript: t.field({
      type: [TranscriptSegmentType],
      nullable: true,
      description:
        'What is spoken, as the captions show it. Null if the template needs no transcript and the user gave none, or it was not made yet.',
      ...readsColumns({ transcript: true }, ({ transcript }: Pick<Video, 'transcript'>) => {
        const segments = readTranscript(transcript)?.segments
        return segments ? [...segments] : null
      }),
    }),
    attributions: t.field({
      type: [AttributionType],
      description: 'Whose pictures the video shows. Apps must show them with a link.',
      ...readsColumns({ scenes: true }, ({ scenes }: Pick<Video, 'scenes'>) => attributionsOf(scenes)),
    }),
  }),
})

const downloads = {
  poster: [
    'poster',
    "A picture of the video. Null until it exists, and null for an admin who reads another user's video.",
  ],
  preview: [
    'preview',
    "The video at 480 pixels of its shorter side. Null until it exists, and null for an admin who reads another user's video.",
  ],
  download: ['video', "The video, as MP4. Null until it exists, and null for an admin who reads another user's video."],
  captions: [
    'captions',
    "The captions, as WebVTT. Null if there are none, and null for an admin who reads another user's video.",
  ],
} as const satisfies Record<string, readonly [VideoFile, string]>

for (const [field, [file, description]] of Object.entries(downloads)) {
  builder.prismaObjectField('Video', field, (t) =>
    t.field({
      type: 'SignedDownload',
      nullable: true,
      description,
      extensions: signingCost,
      args: {
        expiresInSeconds: t.arg.int({
          defaultValue: 300,
          description: 'How long the URL is valid, in seconds: 60 to 3600.',
        }),
      },
      resolve: (video, args, { viewer, services, clock }) => {
        if (viewer?.user.id !== video.userId) return null
        const validity = { now: clock(), seconds: validSeconds(args.expiresInSeconds) }
        return signFile(services(videos).bucket, { video, file }, validity)
      },
    }),
  )
}

/** Each picture once, in the order of the video. */
function attributionsOf(scenes: Video['scenes']): Attribution[] {
  const all = readScenes(scenes) ?? []
  return [...new Map(all.map(({ attribution }) => [attribution.sourceUrl, attribution])).values()]
}
