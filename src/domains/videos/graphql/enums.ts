import { builder } from '../../../graphql/builder.ts'

export const VideoStatus = builder.enumType('VideoStatus', {
  description: 'The status of a video.',
  values: {
    QUEUED: { description: 'The video waits until it is its turn.' },
    RENDERING: { description: 'The video is being made. `step` says what is done.' },
    READY: { description: 'The video can be downloaded.' },
    FAILED: {
      description: 'The video could not be made. `failure` contains the reason. Its credits were given back.',
    },
    CANCELLED: { description: 'The video was cancelled. Its credits were given back.' },
  } as const,
})

export const VideoStep = builder.enumType('VideoStep', {
  description: 'What is done to make a video.',
  values: {
    PROBING: { description: 'The audio file is checked.' },
    TRANSCRIBING: { description: 'What is spoken is transcribed.' },
    PLANNING: { description: 'What the pictures show is chosen.' },
    FETCHING_MEDIA: { description: 'The pictures are found.' },
    RENDERING: { description: 'The video is rendered.' },
    STORING: { description: 'The files are stored.' },
  } as const,
})

export const VideoFormat = builder.enumType('VideoFormat', {
  description: 'The shape of a video.',
  values: {
    PORTRAIT_9_16: { description: '1080 by 1920 pixels, for phones.' },
    SQUARE: { description: '1080 by 1080 pixels.' },
    LANDSCAPE_16_9: { description: '1920 by 1080 pixels.' },
  } as const,
})
