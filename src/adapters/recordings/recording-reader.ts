import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import type { RecordingReader } from '../../domains/activities/ports.ts'
import { UnreadableRecording } from '../../domains/activities/ports.ts'
import { unpackTrack } from './packed-track.ts'
import type * as thread from './read-in-thread.ts'

/** Each may take `maxMemoryMb`; two, so that one large file does not hold up everybody else's. */
const THREADS = 2
/** A thread takes 0.25 s to start: keep it while files come one after another. */
const IDLE_MS = 30_000

/**
 * Reads recordings in worker threads, so that the seconds which a large file takes never block the event loop; whoever
 * asks gets the track in slices. A file that needs more than `timeoutMs` (waiting for a thread not counted) or
 * `maxMemoryMb` of heap is an UnreadableRecording too; 512 MB and 60 s are enough for all that people record in 32 MiB
 * (26 MiB of GPX, 115,000 points: 5 s; 4.4 MiB of FIT, 200,000 points: 2 s). Threads see no environment variables.
 * Other errors are faults of ours, or the reader was disposed of meanwhile. Dispose of it to end the threads.
 */
export function createRecordingReader(options: {
  readonly timeoutMs: number
  readonly maxMemoryMb: number
}): RecordingReader & AsyncDisposable {
  const pool = new Piscina<Uint8Array, thread.Answer>({
    filename: fileURLToPath(new URL('./read-in-thread.ts', import.meta.url)),
    name: 'readInThread' satisfies keyof typeof thread,
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: options.maxMemoryMb },
    execArgv: [],
    env: {},
  })
  // A thread that dies without a file (it ran out of memory in the moment it was late) is nobody's failure.
  pool.on('error', () => {})
  const slots = createSlots(THREADS)
  let isDisposed = false

  async function ask(bytes: Uint8Array): Promise<thread.Answer> {
    await slots.take()
    const signal = AbortSignal.timeout(options.timeoutMs)
    try {
      // The pool itself would start new threads after its end.
      if (isDisposed) throw new Error('The reader of recordings is closed.')
      // A copy: the thread takes it over, and the caller may hold a view on something larger.
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
      const answer = await ask(bytes)
      if ('unreadable' in answer) throw new UnreadableRecording(answer.unreadable)
      return { ...answer.recording, track: await unpackTrack(answer.packedTrack) }
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

/** The pool's own queue would start the clock of a file while another is read: as many go in as there are threads. */
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
