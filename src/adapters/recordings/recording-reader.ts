import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import type { RecordingReader } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { unpackTrack } from './packed-track.ts'
import type * as thread from './read-in-thread.ts'

/** Each may use `maxMemoryMb`. Two, so that one large file does not delay all others. */
const THREADS = 2
/** A thread takes 0.25 s to start, so idle threads are kept for a while. */
const IDLE_MS = 30_000

/**
 * Reads recordings in worker threads, so that large files, which take seconds, do not block the event loop. The track is
 * unpacked in slices. A file that needs more than `timeoutMs` (not counting the wait for a thread) or more heap than
 * `maxMemoryMb` is an UnreadableRecording too. 60 s and 512 MB suffice for real recordings of up to 32 MiB (26 MiB of
 * GPX, 115,000 points: 5 s; 4.4 MiB of FIT, 200,000 points: 2 s). Threads have no environment variables. Other errors are
 * bugs, or the reader was disposed of meanwhile. Dispose of it to end the threads.
 */
export function createRecordingReader(options: {
  readonly timeoutMs: number
  readonly maxMemoryMb: number
}): RecordingReader & AsyncDisposable {
  const pool = new Piscina<Uint8Array, thread.ThreadResult>({
    filename: fileURLToPath(new URL('./read-in-thread.ts', import.meta.url)),
    name: 'readInThread' satisfies keyof typeof thread,
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: options.maxMemoryMb },
    execArgv: [],
    env: {},
  })
  // Errors of a thread without a file are ignored: it ran out of memory just after its file timed out.
  pool.on('error', () => {})
  const slots = createSlots(THREADS)
  let isDisposed = false

  async function runInThread(bytes: Uint8Array): Promise<thread.ThreadResult> {
    await slots.take()
    const signal = AbortSignal.timeout(options.timeoutMs)
    try {
      // The pool would start new threads after it was destroyed.
      if (isDisposed) throw new Error('The recording reader is closed.')
      // A copy, since the buffer is transferred to the thread and the caller may have a view of a larger one.
      const copy = new Uint8Array(bytes)
      return await pool.run(copy, { signal, transferList: [copy.buffer] })
    } catch (cause) {
      throw unreadableBecause(cause, signal.aborted)
    } finally {
      slots.release()
    }
  }

  return {
    async read(bytes) {
      const result = await runInThread(bytes)
      if ('unreadable' in result) throw new UnreadableRecording(result.unreadable)
      return { ...result.recording, track: await unpackTrack(result.packedTrack) }
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
      await pool.destroy()
    },
  }
}

function unreadableBecause(cause: unknown, isLate: boolean): unknown {
  if (isLate) {
    return new UnreadableRecording('This file takes too long to read. Split the recording and upload its parts.')
  }
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new UnreadableRecording('This file is too large to read. Split the recording and upload its parts.')
  }
  return cause
}

/** Limits the calls to the number of threads: the timeout of a file must not start while it waits in the pool's queue. */
function createSlots(free: number) {
  const waiting: (() => void)[] = []
  return {
    async take(): Promise<void> {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
    },
    release(): void {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
  }
}
