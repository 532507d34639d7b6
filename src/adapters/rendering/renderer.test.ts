import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { createCanvas } from '@napi-rs/canvas'
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RenderRequest, type Scene, type Transcript, UnreadablePicture } from '../../domains/videos/ports.ts'
import { runFfmpeg, writeAudio } from '../../testing/audio.ts'
import { createFfmpeg } from '../ffmpeg/ffmpeg.ts'
import type { FfmpegRunner } from './ffmpeg-runner.ts'
import { createVideoRenderer } from './renderer.ts'

const ffmpeg = createFfmpeg({ ffmpegPath: null, searchPath: process.env.PATH ?? '' })
const renderer = createVideoRenderer(ffmpeg)
const { signal } = new AbortController()
const still = { signal, onProgress: () => undefined }

let root: string
let sound: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pacer-render-'))
  sound = join(root, 'sound.wav')
  await writeAudio(sound, [{ seconds: 10 }])
})
afterAll(() => rm(root, { recursive: true }))

const transcript: Transcript = {
  language: 'ko',
  segments: [
    {
      startSeconds: 0.2,
      endSeconds: 1,
      text: '오늘도 달린다',
      words: [
        { text: '오늘도', startSeconds: 0.2, endSeconds: 0.6 },
        { text: '달린다', startSeconds: 0.6, endSeconds: 1 },
      ],
    },
  ],
}

async function request(name: string, changed: Partial<RenderRequest> & { readonly seconds?: number } = {}) {
  const folder = join(root, name)
  await mkdir(folder, { recursive: true })
  const { seconds = 2, ...others } = changed
  const all: RenderRequest = {
    templateKey: 'waveform',
    title: '한강 러닝 🏃',
    format: 'SQUARE',
    colours: null,
    backgroundFile: null,
    audioFile: sound,
    audio: { container: 'wav', durationSeconds: seconds },
    transcript,
    showsCaptions: true,
    scenes: [],
    folder,
    ...others,
  }
  return all
}

/** Solid pictures, each of another colour. */
async function scenes(count: number, seconds: number): Promise<Scene[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at): Promise<Scene> => {
      const pictureFile = join(root, `picture-${at}.jpg`)
      const canvas = createCanvas(640, 480)
      const context = canvas.getContext('2d')
      context.fillStyle = `hsl(${at * 50}, 80%, 55%)`
      context.fillRect(0, 0, 640, 480)
      await writeFile(pictureFile, canvas.toBuffer('image/jpeg'))
      const attribution = { photographer: 'Kim', photographerUrl: '', sourceUrl: '', source: 'Pexels' }
      return { startSeconds: at * seconds, endSeconds: (at + 1) * seconds, pictureFile, attribution }
    }),
  )
}

/** Proves by another program than ffmpeg what kind of file it is. */
async function inspectVideo(file: string) {
  using input = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS })
  const video = await input.getPrimaryVideoTrack()
  const audio = await input.getPrimaryAudioTrack()
  return {
    seconds: await input.computeDuration(),
    video: await video?.getCodec(),
    audio: await audio?.getCodec(),
    size: [await video?.getDisplayWidth(), await video?.getDisplayHeight()],
    boxes: await topBoxes(file),
  }
}

/** The names of an MP4's boxes in their order: a player can begin at once where `moov` is before `mdat`. */
async function topBoxes(file: string): Promise<string[]> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const names: string[] = []
  for (let at = 0; at < size; ) {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, at)
    names.push(buffer.toString('latin1', 4, 8))
    at += Math.max(8, buffer.readUInt32BE(0))
  }
  return names.filter((name) => name === 'moov' || name === 'mdat')
}

/** A frame in gray, 64 pixels wide. */
async function frameAt(file: string, seconds?: number): Promise<Buffer> {
  const output = `${file}.gray`
  const gray = ['-frames:v', '1', '-vf', 'scale=64:64', '-pix_fmt', 'gray', '-f', 'rawvideo', output]
  const from = seconds === undefined ? [] : ['-ss', String(seconds)]
  await runFfmpeg([...from, '-i', file, ...gray])
  return readFile(output)
}

const brightest = (frame: Buffer) => Math.max(...frame)
const difference = (one: Buffer, other: Buffer) =>
  one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length

describe.each(['waveform', 'captions', 'slideshow'])('%s', (templateKey) => {
  it('renders a video that plays everywhere, its preview and its poster', { timeout: 120_000 }, async () => {
    const fractions: number[] = []
    const rendered = await renderer.render(
      await request(templateKey, {
        templateKey,
        scenes: templateKey === 'slideshow' ? await scenes(2, 1.2) : [],
        seconds: 2,
      }),
      { signal, onProgress: (fraction) => fractions.push(fraction) },
    )
    expect(await inspectVideo(rendered.video)).toEqual({
      seconds: expect.closeTo(2, 1),
      video: 'avc',
      audio: 'aac',
      size: [1080, 1080],
      boxes: ['moov', 'mdat'],
    })
    expect(await inspectVideo(rendered.preview)).toMatchObject({
      seconds: expect.closeTo(2, 1),
      video: 'avc',
      audio: 'aac',
      size: [480, 480],
      boxes: ['moov', 'mdat'],
    })
    expect((await readFile(rendered.poster)).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    for (const seconds of [0, 1, 1.9]) expect(brightest(await frameAt(rendered.preview, seconds))).toBeGreaterThan(100)
    // The captions end at 1.6 s.
    expect(difference(await frameAt(rendered.preview, 0.8), await frameAt(rendered.preview, 1.8))).toBeGreaterThan(0.5)
    expect(rendered.cpuSeconds).toBeGreaterThan(0.5)
    expect(fractions.at(-1)).toBe(1)
    expect(fractions.toSorted((a, b) => a - b)).toEqual(fractions)
  })
})

it('joins the parts of a slideshow of many pictures', { timeout: 120_000 }, async () => {
  const pictures = await scenes(5, 1.21)
  const parts: string[][] = []
  const counting: FfmpegRunner = {
    ...ffmpeg,
    run(run) {
      if (run.args.includes('libx264')) parts.push([...run.args])
      return ffmpeg.run(run)
    },
  }
  const { video, preview } = await createVideoRenderer(counting).render(
    await request('parts', { templateKey: 'slideshow', scenes: pictures, seconds: 6.1, transcript: null }),
    still,
  )
  expect(parts).toHaveLength(2)
  expect(await inspectVideo(video)).toMatchObject({
    seconds: expect.closeTo(6.1, 1),
    boxes: ['moov', 'mdat'],
    audio: 'aac',
  })
  // Just before and after the second part begins there is the same picture, and a second later another one.
  const before = await frameAt(preview, 4.44)
  const after = await frameAt(preview, 4.54)
  expect(difference(before, after)).toBeLessThan(4)
  expect(difference(after, await frameAt(preview, 5.5))).toBeGreaterThan(8)
})

it('draws a sample of each template', { timeout: 120_000 }, async () => {
  const samples = await Promise.all(
    renderer.templates.map(async ({ key }) => {
      const folder = join(root, `sample-${key}`)
      await mkdir(folder)
      const output = join(folder, 'sample.jpg')
      await renderer.drawSample(key, output, { signal })
      return frameAt(output)
    }),
  )
  for (const sample of samples) expect(brightest(sample)).toBeGreaterThan(100)
  expect(difference(samples[0]!, samples[1]!)).toBeGreaterThan(2)
})

it('ends ffmpeg within a second when it is aborted', { timeout: 60_000 }, async () => {
  const abort = new AbortController()
  let isRunning = false
  const observed: FfmpegRunner = {
    ...ffmpeg,
    async run(run) {
      isRunning = true
      try {
        return await ffmpeg.run(run)
      } finally {
        isRunning = false
      }
    },
  }
  let aborted = 0
  const reason = new Error('The user cancelled it.')
  const onProgress = () => {
    aborted ||= performance.now()
    abort.abort(reason)
  }
  const rendering = createVideoRenderer(observed).render(await request('aborted', { seconds: 10 }), {
    signal: abort.signal,
    onProgress,
  })
  await expect(rendering).rejects.toBe(reason)
  expect(performance.now() - aborted).toBeLessThan(1_000)
  expect(isRunning).toBe(false)
})

describe('a background picture', () => {
  const render = async (name: string, bytes: Uint8Array) => {
    const backgroundFile = join(root, name)
    await writeFile(backgroundFile, bytes)
    return renderer.render(await request(`with-${name}`, { backgroundFile, seconds: 0.5 }), still)
  }
  const refused = (reason: UnreadablePicture['reason']) =>
    expect.objectContaining({ constructor: UnreadablePicture, reason })

  it('is refused before it is decoded where it would need too much memory', async () => {
    // 3.6 gigapixels in 60 KB: black, deflated twice would be smaller still.
    await expect(render('bomb.png', pngOf(60_000, 60_000))).rejects.toEqual(refused('TOO_LARGE'))
  })

  it('is refused where it is another file, or damaged', async () => {
    await expect(render('text.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).rejects.toEqual(
      refused('NOT_A_PICTURE'),
    )
    await expect(render('cut.png', pngOf(400, 400).subarray(0, 60))).rejects.toEqual(refused('DAMAGED'))
  })
})

/** A PNG whose header says this size; its pixels are few. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const chunk = (name: string, data: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)])
  }
  const pixels = deflateSync(Buffer.alloc(10_000_000))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}
