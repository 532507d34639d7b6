import type { Video } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { checkAll, IdempotencyConflict, NotFound } from '../../../platform/errors.ts'
import { InsufficientCredits } from '../../credits/index.ts'
import { QuotaExceeded } from '../../usage/index.ts'
import { checkVideo } from '../commands/check-video.ts'
import { generateVideo } from '../commands/generate-video.ts'
import { TemplateUnavailable } from '../errors.ts'
import { videos } from '../services.ts'
import { readOwnTranscript } from '../transcripts/own-transcript.ts'
import { VideoFormat } from './enums.ts'
import { VideoTranscriptInput } from './transcript-input.ts'
import { VideoNode } from './video.ts'

const VideoColoursInput = builder.inputType('VideoColoursInput', {
  description: 'The colours of a video, as #rrggbb. Text that would be hard to read gets a backing.',
  fields: (t) => ({
    background: t.string({ required: true, description: 'Of the background.' }),
    text: t.string({ required: true, description: 'Of texts.' }),
    accent: t.string({ required: true, description: 'Of bars and of the current word.' }),
  }),
})

const VideoOptionsInput = builder.inputType('VideoOptionsInput', {
  description: 'How a video looks.',
  fields: (t) => ({
    format: t.field({
      type: VideoFormat,
      required: true,
      defaultValue: 'PORTRAIT_9_16',
      description: 'The shape of the picture.',
    }),
    colours: t.field({
      type: VideoColoursInput,
      description: 'The colours. If omitted, those of the template are used.',
    }),
    backgroundUploadId: t.id({
      description: 'The global ID of an IMAGE upload that is READY, for the background.',
    }),
    language: t.string({
      description: 'The language that is spoken, as a BCP 47 tag. If omitted, it is recognised. Examples: ko, en.',
    }),
    captions: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether what is spoken is shown as captions, if the template can show it.',
    }),
    transcript: t.field({
      type: VideoTranscriptInput,
      description:
        'What is spoken, in place of transcription. A template that only needs it for captions is then available without transcription.',
    }),
  }),
})

const GenerateVideoInput = builder.inputType('GenerateVideoInput', {
  description: 'The video to make.',
  fields: (t) => ({
    uploadId: t.id({ required: true, description: 'The global ID of an AUDIO upload that is READY.' }),
    templateKey: t.string({ required: true, defaultValue: 'waveform', description: 'The key of a template.' }),
    title: t.string({ required: true, description: 'The title, 1 to 200 characters. The video shows it.' }),
    options: t.field({ type: VideoOptionsInput, description: 'How the video looks.' }),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for each new request. The same key returns the same video for 24 hours.',
    }),
  }),
})

const GenerateVideoPayload = builder.objectRef<{ readonly video: Video }>('GenerateVideoPayload').implement({
  description: 'Returned when the video was requested.',
  fields: (t) => ({
    video: t.expose('video', { type: VideoNode, description: 'The video, which waits in the queue.' }),
  }),
})

builder.mutationField('generateVideo', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: GenerateVideoPayload,
    nullable: true,
    rate: perHour(200),
    description:
      'Makes a video of an audio file. Its credits are held at once, spent when the video is ready, and given back if it fails or is cancelled. Repeating the request with the same idempotency key returns the same video.',
    errors: {
      types: [NotFound, TemplateUnavailable, InsufficientCredits, QuotaExceeded, IdempotencyConflict],
      union: { description: 'The video or an error.' },
    },
    args: {
      input: t.arg({
        type: GenerateVideoInput,
        required: true,
        description: 'The audio file, the template and how the video looks.',
      }),
    },
    resolve: async (_root, { input }, { viewer, services }) => {
      const { templateKey, title, idempotencyKey } = input
      const { format = 'PORTRAIT_9_16', colours = null, language = null, captions = true } = input.options ?? {}
      const { backgroundUploadId: background, transcript } = input.options ?? {}
      const request = {
        templateKey,
        title,
        format,
        options: { colours: colours && { ...colours }, language, showsCaptions: captions },
        idempotencyKey,
      }
      const parts = checkAll({
        uploadId: () => parseInputId('Upload', input.uploadId, 'uploadId'),
        backgroundUploadId: () => (background == null ? null : parseInputId('Upload', background, 'options')),
        transcript: () => (transcript == null ? null : readOwnTranscript(transcript, ['options', 'transcript'])),
        request: () => checkVideo(request),
      })
      const { request: checked, ...rest } = parts
      return { video: await generateVideo(services(videos), viewer, { ...checked, ...rest }) }
    },
  }),
)
