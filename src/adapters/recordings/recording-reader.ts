import { fileURLToPath } from 'node:url'
import { deserialize } from 'node:v8'
import { type RecordingReader, recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'
import { ChildFailed } from '../../platform/child-process/child-failed.ts'
import { runChild } from '../../platform/child-process/run-child.ts'
import { unpackTrack } from './packed-track.ts'
import type { ChildOutput } from './read-in-child.ts'

const program = fileURLToPath(new URL('./read-in-child.ts', import.meta.url))
/**
 * A child takes 0.2 s of CPU less with its compiled modules of an earlier one. Where the folder cannot be written to, it
 * compiles them. The folder is the application's own, since what is in it is executed.
 */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/recordings', import.meta.url))
/** 500,000 points of 72 bytes, 10,000 laps, and what the child says on stderr. */
const outputBytes = 48 * 1024 * 1024
/** The child has, beside its heap, the file, its text, the packed track and Node itself. */
const memoryBesideHeap = 400 * 1024 * 1024

/**
 * Reads each recording in a process of its own, since no limit within a process holds against every file: V8 ends the
 * whole process where the heap of a worker thread cannot grow (docs/decisions/0027-recordings-are-read-in-a-child-process.md).
 * A file that needs more than `timeoutMs` or more heap than `maxMemoryMb` is an UnreadableRecording. Other errors mean
 * that the child ended in another way, or that the reader was disposed of. Disposing ends the children.
 */
export function createRecordingReader({
  timeoutMs,
  maxMemoryMb,
}: {
  readonly timeoutMs: number
  readonly maxMemoryMb: number
}): RecordingReader & AsyncDisposable {
  const closed = new AbortController()
  const running = new Set<Promise<ChildOutput>>()
  const limits = { wallMs: timeoutMs, outputBytes, memoryBytes: maxMemoryMb * 1024 * 1024 + memoryBesideHeap }

  async function readInChild(bytes: Uint8Array, signal: AbortSignal): Promise<ChildOutput> {
    const chunks: Buffer[] = []
    try {
      await runChild({
        command: process.execPath,
        args: [`--max-old-space-size=${maxMemoryMb}`, program],
        env: { NODE_COMPILE_CACHE: compileCache },
        signal,
        limits,
        input: [bytes],
        onOutput: (chunk) => chunks.push(chunk),
      })
    } catch (error) {
      throw reasonOf(error)
    }
    return deserialize(Buffer.concat(chunks)) as ChildOutput
  }

  return {
    async read(bytes, signal) {
      const reading = readInChild(bytes, AbortSignal.any([closed.signal, signal]))
      running.add(reading)
      const output = await reading.finally(() => running.delete(reading))
      if ('unreadable' in output) throw new UnreadableRecording(output.unreadable)
      return { ...output.recording, track: await unpackTrack(output.packedTrack) }
    },
    async [Symbol.asyncDispose]() {
      closed.abort(new Error('The recording reader is closed.'))
      await Promise.allSettled(running)
    },
  }
}

function reasonOf(error: unknown): unknown {
  if (!(error instanceof ChildFailed)) return error
  if (error.failure === 'aborted') return error.cause
  if (error.failure === 'wall-time') return new UnreadableRecording(recordingMessages.takesTooLong())
  // V8 aborts a process whose heap cannot grow.
  if (error.failure === 'memory' || error.signal === 'SIGABRT')
    return new UnreadableRecording(recordingMessages.tooLarge())
  return error
}
