import { defineDomain } from '../define-domain.ts'
import { type VideosServices, videos } from './services.ts'
import { audioUploads } from './upload-kind.ts'

/** Videos rendered from audio files. So far the domain only accepts the audio files. */
export const videosDomain = defineDomain<unknown, VideosServices>({
  name: 'videos',
  key: videos,
  build: () => ({}),
  uploadKinds: [audioUploads],
})
