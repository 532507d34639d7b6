import { defineDomain } from '../define-domain.ts'
import { audioUploads } from './audio-uploads.ts'
import { imageUploads } from './image-uploads.ts'
import { type VideosServices, videos } from './services.ts'
import { transcriptMessages } from './transcripts/messages.ts'

/** Videos rendered from audio files. So far the domain only accepts the files. */
export const videosDomain = defineDomain<unknown, VideosServices>({
  name: 'videos',
  key: videos,
  build: () => ({}),
  uploadKinds: [audioUploads, imageUploads],
  messages: [transcriptMessages],
})
