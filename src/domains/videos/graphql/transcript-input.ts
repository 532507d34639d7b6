import { builder } from '../../../graphql/builder.ts'

export const VideoTranscriptInput = builder.inputType('VideoTranscriptInput', {
  isOneOf: true,
  description: 'What is spoken. Set exactly one of the fields.',
  fields: (t) => ({
    webVtt: t.string({
      description:
        'Captions in WebVTT, at most 192 KiB, with the times of single words if they contain them (<00:00:01.500>).',
    }),
    text: t.string({
      description:
        'Plain text, at most 50,000 characters. It is spread over the speech by length; no word is emphasised.',
    }),
  }),
})
