import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { UnreadableAudio } from '../../domains/videos/ports.ts'
import { runFfmpeg, writeAudio } from '../../testing/audio.ts'
import { createAudioTools } from './audio-tools.ts'
import { createFfmpeg } from './ffmpeg.ts'

const tools = createAudioTools(createFfmpeg({ ffmpegPath: null, searchPath: process.env.PATH ?? '' }))
const { signal } = new AbortController()
const options = { signal, maxDurationSeconds: 60 }
const speech = [{ seconds: 1 }, { seconds: 1.2, isSilent: true }, { seconds: 0.8 }]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-audio-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

async function audio(name: string, spans = speech): Promise<string> {
  const path = join(folder, name)
  await writeAudio(path, spans)
  return path
}

const refused = (reason: UnreadableAudio['reason']) => expect.objectContaining({ constructor: UnreadableAudio, reason })

describe('probe', () => {
  it.each([
    ['mp3', 'mp3'],
    ['wav', 'wav'],
    ['m4a', 'mov'],
  ] as const)('measures the length and the silences of %s', async (extension, container) => {
    const probe = await tools.probe(await audio(`speech.${extension}`), options)
    expect(probe.container).toBe(container)
    expect(Math.abs(probe.durationSeconds - 3)).toBeLessThan(0.1)
    expect(probe.silences).toHaveLength(1)
    expect(probe.silences[0]?.startSeconds).toBeCloseTo(1, 0)
    expect(probe.silences[0]?.endSeconds).toBeCloseTo(2.2, 0)
  })

  it('reads a silence until the end', async () => {
    const { silences, durationSeconds } = await tools.probe(
      await audio('end.wav', [{ seconds: 0.5 }, { seconds: 1.5, isSilent: true }]),
      options,
    )
    expect(silences).toHaveLength(1)
    expect(silences[0]?.endSeconds).toBeCloseTo(durationSeconds, 1)
  })

  it('takes the format from the content, not from the name', async () => {
    const misnamed = await file('misnamed.mp3', await readFile(await audio('source.wav')))
    await expect(tools.probe(misnamed, options)).resolves.toMatchObject({ container: 'wav' })
  })

  it('refuses an empty file', async () => {
    await expect(tools.probe(await file('empty.mp3', ''), options)).rejects.toEqual(refused('EMPTY'))
  })

  it('refuses files that are no audio, whatever their names', async () => {
    const text = await file('text.mp3', 'This is no music at all.\n'.repeat(200))
    await expect(tools.probe(text, options)).rejects.toEqual(refused('NOT_AUDIO'))
    const picture = join(folder, 'picture.m4a')
    await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=size=64x64', '-frames:v', '1', '-f', 'image2', picture])
    await expect(tools.probe(picture, options)).rejects.toEqual(refused('NOT_AUDIO'))
  })

  it('refuses damaged files', async () => {
    const whole = await readFile(await audio('whole.m4a', [{ seconds: 4 }]))
    const cut = await file('cut.m4a', whole.subarray(0, Math.floor(whole.length / 2)))
    await expect(tools.probe(cut, options)).rejects.toEqual(refused('DAMAGED'))
    const mp3 = await readFile(await audio('whole.mp3', [{ seconds: 4 }]))
    const noise = Buffer.from(mp3).fill(0x55, Math.floor(mp3.length / 4))
    await expect(tools.probe(await file('noise.mp3', noise), options)).rejects.toEqual(refused('DAMAGED'))
    const header = await file('header.wav', (await readFile(await audio('speech.wav'))).subarray(0, 44))
    await expect(tools.probe(header, options)).rejects.toEqual(refused('DAMAGED'))
  })

  it('refuses a video without sound', async () => {
    const silentFilm = join(folder, 'film.mp4')
    await runFfmpeg(['-f', 'lavfi', '-i', 'testsrc2=size=64x64:duration=1', '-c:v', 'libx264', silentFilm])
    await expect(tools.probe(silentFilm, options)).rejects.toEqual(refused('DAMAGED'))
  })

  it('refuses a file that is longer than allowed', async () => {
    await expect(
      tools.probe(await audio('long.mp3', [{ seconds: 4 }]), { signal, maxDurationSeconds: 3 }),
    ).rejects.toEqual(refused('TOO_LONG'))
  })

  it('refuses silence', async () => {
    await expect(tools.probe(await audio('silent.mp3', [{ seconds: 2, isSilent: true }]), options)).rejects.toEqual(
      refused('SILENT'),
    )
  })

  it('opens no other file and no address that an uploaded file names', async () => {
    let requests = 0
    const server = createServer((_, response) => {
      requests += 1
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/other.mp3`
    const other = await audio('other.wav')
    const playlist = (entry: string) => `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n${entry}\n#EXT-X-ENDLIST\n`
    const scripts = [
      playlist(url),
      playlist(other),
      `ffconcat version 1.0\nfile '${other}'\n`,
      `ffconcat version 1.0\nfile '${url}'\n`,
    ]
    // What begins as an MP3 file is opened with that demuxer, and its text is no sound.
    const tag = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0])
    for (const script of scripts) {
      await expect(tools.probe(await file('list.m3u8', script), options)).rejects.toEqual(refused('NOT_AUDIO'))
      const tagged = await file('tagged.m3u8', Buffer.concat([tag, Buffer.from(script)]))
      await expect(tools.probe(tagged, options)).rejects.toBeInstanceOf(UnreadableAudio)
      const output = join(folder, 'never.ogg')
      const list = join(folder, 'list.m3u8')
      await expect(tools.convertForTranscription(list, { container: 'mp3', output }, { signal })).rejects.toThrow(
        'exit',
      )
    }
    expect(requests).toBe(0)
  })

  it('ends with the signal, whose reason it throws', async () => {
    const reason = new Error('The worker is stopping.')
    await expect(
      tools.probe(await audio('speech.wav'), { ...options, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
  })
})

describe('convertForTranscription', () => {
  it('writes mono Opus of about 32 kbit/s', async () => {
    const output = join(folder, 'speech.ogg')
    await tools.convertForTranscription(
      await audio('ten.m4a', [{ seconds: 10 }]),
      { container: 'mov', output },
      { signal },
    )
    const bytes = await readFile(output)
    expect(bytes.subarray(0, 4).toString()).toBe('OggS')
    expect(bytes.includes('OpusHead')).toBe(true)
    // The count of channels follows the version.
    expect(bytes[bytes.indexOf('OpusHead') + 9]).toBe(1)
    expect(bytes.length).toBeGreaterThan(20_000)
    expect(bytes.length).toBeLessThan(45_000)
  })
})
