import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapters } from '../app/adapters.ts'
import { type RenderRequest, type TemplateInfo, UnreadableAudio } from '../domains/videos/ports.ts'

const templates: readonly TemplateInfo[] = [
  { key: 'waveform', needs: [], ffmpegFilters: [] },
  { key: 'captions', needs: ['transcript'], ffmpegFilters: [] },
  { key: 'slideshow', needs: ['transcript', 'pictures'], ffmpegFilters: [] },
]

/** Rendering in no time, for tests of what is around it. Each field may be replaced by a test. */
export interface FakeRendering {
  readonly adapters: Pick<Adapters, 'audioTools' | 'videoRenderer' | 'transcriber' | 'planner' | 'pictureSearch'>
  /** The requests so far. */
  readonly rendered: RenderRequest[]
  /** How many files were probed, and how many transcribed. */
  readonly probed: string[]
  readonly transcribed: string[]
  /** The titles of the videos that were planned, and the keywords that were searched for. */
  readonly planned: string[]
  readonly searched: string[]
  /** Awaited while a video is rendered, with the signal of the attempt. */
  whileRendering: (request: RenderRequest, signal: AbortSignal) => Promise<void>
  whileTranscribing: () => Promise<void>
  isAudioReadable: boolean
}

export function fakeRendering(): FakeRendering {
  const fake: FakeRendering = {
    rendered: [],
    probed: [],
    transcribed: [],
    planned: [],
    searched: [],
    whileRendering: async () => undefined,
    whileTranscribing: async () => undefined,
    isAudioReadable: true,
    adapters: {
      audioTools: {
        async probe(file) {
          fake.probed.push(file)
          if (!fake.isAudioReadable) throw new UnreadableAudio('DAMAGED')
          return { container: 'wav', durationSeconds: 2, silences: [] }
        },
        convertForTranscription: (_file, { output }) => writeFile(output, 'speech'),
      },
      transcriber: {
        async transcribe(file) {
          fake.transcribed.push(file)
          await fake.whileTranscribing()
          return { language: 'en', segments: [{ startSeconds: 0, endSeconds: 1, text: 'Hello', words: [] }] }
        },
      },
      planner: {
        async plan({ title, transcript, durationSeconds }) {
          fake.planned.push(title)
          const count = transcript.segments.length
          const scenes = transcript.segments.map(({ text }, at) => ({
            startSeconds: (at / count) * durationSeconds,
            endSeconds: ((at + 1) / count) * durationSeconds,
            keywords: text,
          }))
          return { title: null, scenes }
        },
      },
      pictureSearch: {
        async search({ keywords }) {
          fake.searched.push(keywords)
          const id = encodeURIComponent(keywords)
          const page = `https://pictures.example.com/${id}`
          const from = { photographer: 'Ada', photographerUrl: `${page}/by`, sourceUrl: page, source: 'Pexels' }
          return [{ ...from, id, downloadUrl: `${page}.jpg`, width: 1080, height: 1920 }]
        },
        download: ({ downloadUrl }, output) => writeFile(output, downloadUrl),
      },
      videoRenderer: {
        templates,
        sizeOf: () => ({ width: 1080, height: 1920 }),
        inspect: async () => ({ version: '5.1', missingFilters: [] }),
        drawSample: (_key, output) => writeFile(output, 'sample'),
        async render(request, { signal, onProgress }) {
          fake.rendered.push(request)
          onProgress(0.5)
          await fake.whileRendering(request, signal)
          signal.throwIfAborted()
          const [video, preview, poster] = ['video.mp4', 'preview.mp4', 'poster.jpg'].map((name) =>
            join(request.folder, name),
          ) as [string, string, string]
          for (const file of [video, preview, poster]) await writeFile(file, 'file')
          return { video, preview, poster, durationSeconds: 2, cpuSeconds: 1 }
        },
      },
    },
  }
  return fake
}
