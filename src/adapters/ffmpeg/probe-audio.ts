import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type AudioContainer, type AudioProbe, UnreadableAudio } from '../../domains/videos/ports.ts'
import { ChildFailed } from '../../platform/child-process/child-failed.ts'
import { runChild } from '../../platform/child-process/run-child.ts'
import type { Ffmpeg } from './ffmpeg.ts'
import type { AudioMetadata } from './read-metadata-in-child.ts'
import { type DecodedAudio, readDecoding } from './read-silences.ts'

const program = fileURLToPath(new URL('./read-metadata-in-child.ts', import.meta.url))
/** As of the processes that read recordings: the folder is the application's own, since what is in it is executed. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/audio', import.meta.url))
/** An hour of MP3 without a table of its frames, the slowest file, takes 2 s. */
const metadataLimits = { wallMs: 60_000, outputBytes: 100_000, memoryBytes: 600 * 1024 * 1024 }

/** Quieter than this is silence. */
const silenceDb = -45
const shortestSilence = 0.8
/** A file that decodes to less than this share of what it says is damaged. */
const decodedShare = 0.9

export interface ProbeOptions {
  readonly signal: AbortSignal
  readonly maxDurationSeconds: number
}

/**
 * Reads what the file says in a process of its own, then decodes all of it with ffmpeg: only that proves that it can be
 * rendered, and gives its length and silences. Throws UnreadableAudio.
 */
export async function probeAudio(ffmpeg: Ffmpeg, file: string, options: ProbeOptions): Promise<AudioProbe> {
  if ((await stat(file)).size === 0) throw new UnreadableAudio('EMPTY')
  const { container, durationSeconds, isDamaged } = await readMetadata(file, options.signal)
  if (container === null) throw new UnreadableAudio('NOT_AUDIO')
  if (isDamaged) throw new UnreadableAudio('DAMAGED')
  const decoded = await decode(ffmpeg, file, container, options)
  const expected = Math.min(durationSeconds ?? 0, options.maxDurationSeconds)
  // The header of a WAV file that was written as a stream says any length.
  const isCut = container !== 'wav' && decoded.durationSeconds < expected * decodedShare
  if (decoded.durationSeconds === 0 || decoded.loudest === null || isCut) throw new UnreadableAudio('DAMAGED')
  if (decoded.durationSeconds > options.maxDurationSeconds) throw new UnreadableAudio('TOO_LONG')
  if (decoded.loudest < silenceDb) throw new UnreadableAudio('SILENT')
  return { container, durationSeconds: decoded.durationSeconds, silences: decoded.silences }
}

async function readMetadata(file: string, signal: AbortSignal): Promise<AudioMetadata> {
  const chunks: Buffer[] = []
  try {
    await runChild({
      command: process.execPath,
      args: ['--max-old-space-size=256', program, file],
      env: { NODE_COMPILE_CACHE: compileCache },
      signal,
      limits: metadataLimits,
      onOutput: (chunk) => chunks.push(chunk),
    })
  } catch (error) {
    throw unreadableOr(error)
  }
  return JSON.parse(Buffer.concat(chunks).toString())
}

async function decode(
  ffmpeg: Ffmpeg,
  file: string,
  container: AudioContainer,
  { signal, maxDurationSeconds }: ProbeOptions,
): Promise<DecodedAudio> {
  const decoding = readDecoding()
  const filters = `silencedetect=noise=${silenceDb}dB:duration=${shortestSilence},volumedetect`
  try {
    await ffmpeg.run({
      args: [
        ...['-progress', 'pipe:1', '-f', container, '-i', file, '-map', '0:a:0', '-vn', '-sn', '-dn'],
        ...['-af', filters, '-t', String(maxDurationSeconds + 1), '-f', 'null', '-'],
      ],
      signal,
      limits: {
        // Ten times as fast as the sound; in tests it is 400 times.
        wallMs: 60_000 + maxDurationSeconds * 100,
        outputBytes: 16 * 1024 * 1024,
        memoryBytes: 512 * 1024 * 1024,
      },
      onLine: decoding.onLine,
    })
  } catch (error) {
    throw unreadableOr(error)
  }
  return decoding.result()
}

/** A child that failed because of the file: not one that was too slow, was killed or could not start. */
function unreadableOr(error: unknown): unknown {
  if (!(error instanceof ChildFailed)) return error
  if (error.failure === 'aborted') return error.cause
  const isOfFile = error.failure === 'exit' || error.failure === 'output' || error.failure === 'memory'
  return isOfFile || error.signal === 'SIGABRT' ? new UnreadableAudio('DAMAGED', { cause: error }) : error
}
