import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { findFfmpeg } from '../adapters/ffmpeg/find-ffmpeg.ts'

const run = promisify(execFile)

/** A span of a recording: the sound of a voice, or silence. */
export interface Span {
  readonly seconds: number
  readonly isSilent?: boolean
}

const sampleRate = 16_000

/** A mono WAV file: a tone that rises and falls as syllables do, in the middle of what it can be. */
export function encodeWav(spans: readonly Span[]): Buffer {
  const samples = spans.flatMap(({ seconds, isSilent }) =>
    Array.from({ length: Math.round(seconds * sampleRate) }, (_, at) => (isSilent ? 0 : voiceAt(at / sampleRate))),
  )
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.length * 2, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(sampleRate, 24)
  header.writeUInt32LE(sampleRate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.length * 2, 40)
  const data = Buffer.alloc(samples.length * 2)
  for (const [at, sample] of samples.entries()) data.writeInt16LE(Math.round(sample * 32_767), at * 2)
  return Buffer.concat([header, data])
}

function voiceAt(seconds: number): number {
  const syllable = 0.3 + 0.7 * Math.sin(Math.PI * 4 * seconds) ** 2
  return 0.4 * syllable * Math.sin(2 * Math.PI * 220 * seconds)
}

/** Runs the ffmpeg that the tests use. */
export async function runFfmpeg(args: readonly string[]): Promise<void> {
  await run(await testFfmpeg(), ['-v', 'error', '-nostdin', '-y', ...args])
}

export function testFfmpeg(): Promise<string> {
  return findFfmpeg({ ffmpegPath: null, searchPath: process.env.PATH ?? '' })
}

/** Writes a file of the format that its name ends with: wav, mp3 or m4a. */
export async function writeAudio(file: string, spans: readonly Span[]): Promise<void> {
  if (file.endsWith('.wav')) return writeFile(file, encodeWav(spans))
  await writeFile(`${file}.wav`, encodeWav(spans))
  const codec = file.endsWith('.mp3') ? 'libmp3lame' : 'aac'
  await runFfmpeg(['-i', `${file}.wav`, '-c:a', codec, '-b:a', '64k', file])
}
