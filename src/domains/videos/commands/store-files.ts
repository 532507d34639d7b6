import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RenderedFiles, Transcript } from '../ports.ts'
import type { VideosServices } from '../services.ts'
import { toWebVtt } from '../transcripts/to-web-vtt.ts'
import { contentTypeOf, downloadNameOf, type VideoFile, videoFileKey } from '../video-files.ts'
import type { ClaimedVideo } from './claim-video.ts'
import { writeFromFile } from './transfer-files.ts'

interface StoredFiles {
  readonly video: ClaimedVideo
  readonly rendered: RenderedFiles
  readonly transcript: Transcript | null
  readonly signal: AbortSignal
}

/** Writes the files of an attempt to the bucket. Resolves to their size in bytes. */
export async function storeFiles(
  { bucket }: VideosServices,
  { video, rendered, transcript, signal }: StoredFiles,
): Promise<number> {
  const files: Partial<Record<VideoFile, string>> = {
    video: rendered.video,
    preview: rendered.preview,
    poster: rendered.poster,
  }
  if (transcript) {
    files.captions = join(dirname(rendered.video), 'captions.vtt')
    await writeFile(files.captions, toWebVtt(transcript))
  }
  let byteSize = 0
  for (const [name, file] of Object.entries(files) as [VideoFile, string][]) {
    const stored = {
      key: videoFileKey(video, name),
      file,
      contentType: contentTypeOf(name),
      name: downloadNameOf(video.title, name),
    }
    byteSize += await writeFromFile(bucket, stored, signal)
  }
  return byteSize
}
