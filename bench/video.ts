import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createFfmpeg, type Ffmpeg, type FfmpegRun } from '../src/adapters/ffmpeg/ffmpeg.ts'
import { createVideoRenderer } from '../src/adapters/rendering/renderer.ts'
import { startProgress } from '../src/cli/terminal/progress.ts'
import { renderTable } from '../src/cli/terminal/table.ts'
import type { RenderRequest, Scene, TranscriptSegment } from '../src/domains/videos/ports.ts'
import { runFfmpeg, testFfmpeg, writeAudio } from '../src/testing/audio.ts'
import { percentile } from './percentile.ts'

const rounds = 3
const seconds = 30
const { signal } = new AbortController()

/**
 * Measures the CPU of a whole render with animated bars beside the ffmpeg command of that render alone, with its mask in a
 * file, in turns; and what each template needs for 30 s of 1080 × 1920.
 */
export async function video(): Promise<string> {
  const bench = await prepare(seconds)
  try {
    return `${await compareWithCommand(bench)}\n${await measureTemplates(bench)}`
  } finally {
    await rm(bench.folder, { recursive: true })
  }
}

/** In a process that has loaded nothing else. Takes about an hour. */
export async function videoOfAnHour(): Promise<string> {
  const program = fileURLToPath(new URL('./video-of-an-hour.ts', import.meta.url))
  const running = promisify(execFile)(process.execPath, [program])
  running.child.stderr?.pipe(process.stderr)
  return (await running).stdout
}

/** Measures the memory of the render of an hour. */
export async function measureHour(): Promise<string> {
  const hour = 3_600
  const bench = await prepare(hour)
  const before = process.memoryUsage.rss()
  let node = 0
  const timer = setInterval(() => {
    node = Math.max(node, process.memoryUsage.rss())
  }, 500)
  let ffmpegBytes = 0
  const observed: Ffmpeg = {
    ...bench.ffmpeg,
    async run(run) {
      const usage = await bench.ffmpeg.run(run)
      ffmpegBytes = Math.max(ffmpegBytes, usage.peakMemoryBytes)
      return usage
    },
  }
  try {
    const progress = startProgress({ total: hour, unit: 'seconds' })
    let written = 0
    const measured = await measure(observed, await requestOf(bench, 'waveform', 'hour', hour), (fraction) => {
      const seconds = Math.floor(fraction * hour)
      progress.add(seconds - written)
      progress.note(`Node ${megabytes(node)} MB`)
      written = seconds
    })
    progress.stop()
    return renderTable(
      ['60 minutes', 'Node before, MB', 'Node, MB', 'ffmpeg, MB', 'CPU s for a second', 'time for a second'],
      [['waveform', ...[before, node, ffmpegBytes].map(megabytes), ...perSecond(measured, hour)]],
    )
  } finally {
    clearInterval(timer)
    await rm(bench.folder, { recursive: true })
  }
}

interface Bench {
  readonly folder: string
  readonly sound: string
  readonly ffmpeg: Ffmpeg
}

async function prepare(length: number): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-bench-'))
  const voice = join(folder, 'voice.wav')
  await writeAudio(voice, [{ seconds: 9 }, { seconds: 1, isSilent: true }])
  const sound = join(folder, 'sound.mp3')
  const encoded = ['-t', String(length), '-c:a', 'libmp3lame', '-b:a', '96k', sound]
  await runFfmpeg(['-stream_loop', '-1', '-i', voice, ...encoded])
  return { folder, sound, ffmpeg: createFfmpeg({ ffmpegPath: await testFfmpeg(), searchPath: '' }) }
}

async function requestOf(bench: Bench, templateKey: string, name: string, length: number): Promise<RenderRequest> {
  const folder = join(bench.folder, name)
  await mkdir(folder)
  return {
    templateKey,
    title: '비 오는 날의 한강 러닝, 10km를 달리며 생각한 것들',
    format: 'PORTRAIT_9_16',
    colours: null,
    backgroundFile: null,
    audioFile: bench.sound,
    audio: { container: 'mp3', durationSeconds: length },
    transcript: { language: 'ko', segments: sentences(length) },
    showsCaptions: true,
    scenes: templateKey === 'slideshow' ? await pictures(bench.folder) : [],
    folder,
  }
}

/** Two words each second, as in quick speech. */
function sentences(length: number): TranscriptSegment[] {
  const text = '오늘은 바람이 좋아서 평소보다 조금 더 멀리 달려 봤어요.'
  return Array.from({ length: Math.floor(length / 5) }, (_, at) => ({
    startSeconds: at * 5,
    endSeconds: at * 5 + 4.5,
    text,
    words: text.split(' ').map((word, index) => {
      const startSeconds = at * 5 + index / 2
      return { text: word, startSeconds, endSeconds: startSeconds + 0.45 }
    }),
  }))
}

/** Six, each for five seconds. */
async function pictures(folder: string): Promise<Scene[]> {
  return Promise.all(
    Array.from({ length: 6 }, async (_, at): Promise<Scene> => {
      const pictureFile = join(folder, `picture-${at}.jpg`)
      const source = `mandelbrot=size=1600x2000:start_scale=${0.01 * 2 ** at}:start_x=-0.745:start_y=0.11`
      await runFfmpeg(['-f', 'lavfi', '-i', source, '-frames:v', '1', '-vf', 'gblur=3', pictureFile])
      const attribution = { photographer: 'Jane Doe', photographerUrl: '', sourceUrl: '', source: 'Pexels' }
      return { startSeconds: at * 5, endSeconds: at * 5 + 5, pictureFile, attribution }
    }),
  )
}

interface Measured {
  /** Of this process and its children. */
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

async function measure(
  ffmpeg: Ffmpeg,
  request: RenderRequest,
  onProgress: (fraction: number) => void = () => undefined,
): Promise<Measured> {
  const cpuBefore = process.cpuUsage()
  const began = performance.now()
  const rendered = await createVideoRenderer(ffmpeg).render(request, { signal, onProgress })
  const own = process.cpuUsage(cpuBefore)
  return {
    cpuSeconds: rendered.cpuSeconds + (own.user + own.system) / 1_000_000,
    wallSeconds: (performance.now() - began) / 1_000,
  }
}

async function compareWithCommand(bench: Bench): Promise<string> {
  const mask = join(bench.folder, 'mask.gray')
  const command = await recordCommand(bench, mask)
  const whole: number[] = []
  const alone: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const request = await requestOf(bench, 'waveform', `round-${round}`, seconds)
    whole.push((await measure(bench.ffmpeg, request)).cpuSeconds)
    alone.push((await bench.ffmpeg.run(command)).cpuSeconds)
  }
  const [wholeCpu, aloneCpu] = [percentile(whole, 0.5), percentile(alone, 0.5)]
  return renderTable(
    [`${seconds} s with bars`, 'CPU s, p50', 'ratio'],
    [
      ['ffmpeg alone, the mask in a file', aloneCpu.toFixed(1), '1.00 ×'],
      ['the whole render', wholeCpu.toFixed(1), `${(wholeCpu / aloneCpu).toFixed(2)} ×`],
    ],
  )
}

/** Renders once, and keeps the mask and the command that read it. */
async function recordCommand(bench: Bench, mask: string): Promise<FfmpegRun> {
  let command: FfmpegRun | undefined
  const recording: Ffmpeg = {
    ...bench.ffmpeg,
    run(run) {
      if (!run.input) return bench.ffmpeg.run(run)
      const { input, ...others } = run
      command = { ...others, args: run.args.map((arg) => (arg === 'pipe:0' ? mask : arg)) }
      return bench.ffmpeg.run({ ...run, input: copyTo(mask, input) })
    },
  }
  await measure(recording, await requestOf(bench, 'waveform', 'recorded', seconds))
  if (!command) throw new Error('The render has sent no mask to ffmpeg.')
  return command
}

async function* copyTo(file: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
  const stream = createWriteStream(file)
  for await (const chunk of chunks) {
    if (!stream.write(chunk)) await once(stream, 'drain')
    yield chunk
  }
  stream.end()
  await once(stream, 'finish')
}

async function measureTemplates(bench: Bench): Promise<string> {
  const rows: [string, string, string][] = []
  for (const { key } of createVideoRenderer(bench.ffmpeg).templates) {
    const measured = await measure(bench.ffmpeg, await requestOf(bench, key, key, seconds))
    rows.push([key, ...perSecond(measured, seconds)])
  }
  return renderTable(['template', 'CPU s for a second', 'time for a second'], rows)
}

function perSecond({ cpuSeconds, wallSeconds }: Measured, length: number): [string, string] {
  return [(cpuSeconds / length).toFixed(2), (wallSeconds / length).toFixed(2)]
}

function megabytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0)
}
