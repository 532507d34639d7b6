import { type ChildProcess, spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ChildFailed, type ChildFailure } from './child-failed.ts'
import { readLines } from './lines.ts'
import { startParentWatchdog } from './parent-watchdog.ts'
import { readTreeMemory } from './tree-memory.ts'

export interface ChildLimits {
  readonly wallMs: number
  /** Of stdout and stderr together. */
  readonly outputBytes: number
  /** Resident memory of the child and its descendants, measured twice a second. Not limited where there is no /proc. */
  readonly memoryBytes?: number
}

export interface RunChildOptions {
  /** A program of the PATH below, or an absolute path. Never a shell string: arguments reach it as they are. */
  readonly command: string
  readonly args: readonly string[]
  readonly signal: AbortSignal
  readonly limits: ChildLimits
  /** Each line of its output. An error that this throws ends the child. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** What it writes to stdout, as bytes; `onLine` then gets the lines of stderr only. An error that this throws ends the child. */
  readonly onOutput?: (chunk: Buffer) => void
  /** What it reads from stdin. Default: nothing. Bytes are taken as fast as the child reads them. */
  readonly input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  readonly cwd?: string
  /** Beside PATH. Nothing is inherited: the environment of this process holds secrets. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ChildResult {
  readonly durationMs: number
  readonly outputBytes: number
  /** The most that was measured; null where nothing was. */
  readonly peakMemoryBytes: number | null
}

const searchPath = '/usr/local/bin:/usr/bin:/bin'
/** Between SIGTERM and SIGKILL. */
const graceMs = 2_000
/** For the rest of the output after the child has ended. */
const drainMs = 1_000
const memoryEveryMs = 500
const stderrKept = 2_000

/**
 * Runs a program to its end. Throws ChildFailed unless it ends with exit code 0. Its whole process group ends with it, with
 * the signal, with a limit, or with this process, however that ends: SIGTERM, and SIGKILL two seconds later.
 */
export async function runChild(options: RunChildOptions): Promise<ChildResult> {
  const { command, limits, signal } = options
  const began = performance.now()
  if (signal.aborted) throw failed(command, 'aborted', { cause: signal.reason })
  const child = spawn(command, [...options.args], {
    cwd: options.cwd,
    env: { PATH: searchPath, ...options.env },
    // A group of its own.
    detached: true,
    stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const groupId = child.pid
  if (groupId === undefined) {
    const cause = await new Promise((resolve) => child.once('error', resolve))
    throw failed(command, 'not-started', { cause })
  }
  const watchdog = startParentWatchdog({ pid: groupId, signal: 'SIGTERM', group: true, graceSeconds: graceMs / 1_000 })
  const group = createGroup(groupId)
  child.on('error', () => undefined)
  let reasons: readonly EndReason[] = []
  const end = (reason: EndReason, how: 'SIGTERM' | 'SIGKILL') => {
    reasons = [...reasons, reason]
    group.end(how)
  }

  const onAbort = () => end({ failure: 'aborted', cause: signal.reason }, 'SIGTERM')
  signal.addEventListener('abort', onAbort, { once: true })
  const wallTimer = setTimeout(() => end({ failure: 'wall-time' }, 'SIGTERM'), limits.wallMs)
  const memory = watchMemory(groupId, limits.memoryBytes, () => end({ failure: 'memory' }, 'SIGKILL'))
  const output = readOutput(child, {
    onLine: options.onLine,
    onOutput: options.onOutput,
    limit: limits.outputBytes,
    onLimit: () => end({ failure: 'output' }, 'SIGKILL'),
    onThrown: (thrown) => end({ thrown }, 'SIGKILL'),
  })
  if (options.input) feed(child, options.input, (thrown) => end({ thrown }, 'SIGKILL'))

  const { exitCode, exitSignal } = await exitOf(child)
  // What it left behind in its group ends with it, and its output with that.
  group.kill()
  watchdog.release()
  signal.removeEventListener('abort', onAbort)
  clearTimeout(wallTimer)
  memory.stop()
  await output.ended()

  const details = { exitCode, signal: exitSignal, stderr: output.stderr() }
  const [first] = reasons
  if (first && 'thrown' in first) throw first.thrown
  if (first) throw new ChildFailed(command, { ...details, failure: first.failure }, { cause: first.cause })
  if (exitSignal) throw new ChildFailed(command, { ...details, failure: 'killed' })
  if (exitCode !== 0) throw new ChildFailed(command, { ...details, failure: 'exit' })
  return { durationMs: performance.now() - began, outputBytes: output.bytes(), peakMemoryBytes: memory.peak() }
}

/** Why this process ended the child: one of the reasons of ChildFailed, or an error of the caller's own functions. */
type EndReason = { readonly failure: ChildFailure; readonly cause?: unknown } | { readonly thrown: unknown }

function failed(command: string, failure: ChildFailure, options: ErrorOptions): ChildFailed {
  return new ChildFailed(command, { failure, exitCode: null, signal: null, stderr: '' }, options)
}

/** Signals of a process group, which may have ended. */
function createGroup(groupId: number) {
  const send = (signal: NodeJS.Signals) => {
    try {
      process.kill(-groupId, signal)
    } catch {
      // It has ended.
    }
  }
  let timer: NodeJS.Timeout | undefined
  return {
    end(signal: 'SIGTERM' | 'SIGKILL') {
      send(signal)
      if (signal === 'SIGTERM') timer ??= setTimeout(() => send('SIGKILL'), graceMs)
    },
    kill() {
      clearTimeout(timer)
      send('SIGKILL')
    },
  }
}

function exitOf(child: ChildProcess): Promise<{ exitCode: number | null; exitSignal: NodeJS.Signals | null }> {
  return new Promise((resolve) => child.once('exit', (exitCode, exitSignal) => resolve({ exitCode, exitSignal })))
}

interface OutputOptions {
  readonly onLine: RunChildOptions['onLine']
  readonly onOutput: RunChildOptions['onOutput']
  readonly limit: number
  readonly onLimit: () => void
  readonly onThrown: (error: unknown) => void
}

function readOutput(child: ChildProcess, { onLine, onOutput, limit, onLimit, onThrown }: OutputOptions) {
  let bytes = 0
  let stderr = ''
  let isOver = false
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  for (const stream of ['stdout', 'stderr'] as const) {
    const lines = readLines((line) => {
      if (stream === 'stderr') stderr = `${stderr}${line}\n`.slice(-stderrKept)
      if (!isOver) onLine?.(line, stream)
    })
    const guarded = (work: () => void) => {
      try {
        work()
      } catch (error) {
        isOver = true
        onThrown(error)
      }
    }
    child[stream]?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > limit) {
        isOver = true
        return onLimit()
      }
      if (onOutput && stream === 'stdout') {
        guarded(() => {
          if (!isOver) onOutput(chunk)
        })
      }
      // Bytes that nobody reads as lines are only counted.
      else if (onLine || stream === 'stderr') guarded(() => lines.write(chunk))
    })
    child[stream]?.once('end', () => guarded(lines.end))
  }
  return {
    bytes: () => bytes,
    stderr: () => stderr,
    /** Resolves once all was read; a process that left the group and holds the pipe open is not waited for. */
    async ended() {
      const timer = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, drainMs)
      await closed
      clearTimeout(timer)
    },
  }
}

/** A child that ends without reading all of it is no error of the input. */
function feed(child: ChildProcess, input: NonNullable<RunChildOptions['input']>, onThrown: (error: unknown) => void) {
  if (!child.stdin) return
  pipeline(Readable.from(input, { objectMode: false }), child.stdin).catch((error: NodeJS.ErrnoException) => {
    const isPipeClosed = ['EPIPE', 'ECANCELED', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes(error.code ?? '')
    if (!isPipeClosed) onThrown(error)
  })
}

function watchMemory(pid: number, limit: number | undefined, onLimit: () => void) {
  let peak: number | null = null
  let isMeasuring = false
  const measure = async () => {
    if (limit === undefined || isMeasuring) return
    isMeasuring = true
    const bytes = await readTreeMemory(pid)
    isMeasuring = false
    if (bytes === null) return
    peak = Math.max(peak ?? 0, bytes)
    if (bytes > limit) onLimit()
  }
  const timer = limit === undefined ? undefined : setInterval(() => void measure(), memoryEveryMs)
  return { peak: () => peak, stop: () => clearInterval(timer) }
}
