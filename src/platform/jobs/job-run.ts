import type { Pool } from 'pg'
import type { JobLock } from '../compat/graphile-worker/job-lock.ts'
import { type JobProgress, saveProgress } from '../compat/graphile-worker/job-progress.ts'
import type { Log } from '../observability/log.ts'

/**
 * Why the signal of an attempt was aborted.
 * - `timeout`: the attempt took longer than `timeoutMs`. It counts as failed.
 * - `cancelled`: an operator cancelled the job. It is not tried again.
 * - `shutdown`: the worker stops. The job returns to the queue, and the attempt does not count.
 * - `lost`: another worker has the job, since this one wrote no heartbeat for too long. Nothing is stored of this attempt.
 */
export type AbortReason = 'timeout' | 'cancelled' | 'shutdown' | 'lost'

const messages: Readonly<Record<AbortReason, string>> = {
  timeout: 'The job took longer than its timeout.',
  cancelled: 'An operator cancelled the job.',
  shutdown: 'The worker is stopping.',
  lost: 'Another worker has the job.',
}

/** The `reason` of a job's signal. */
export class JobAborted extends Error {
  readonly reason: AbortReason

  constructor(reason: AbortReason) {
    super(messages[reason])
    this.name = 'JobAborted'
    this.reason = reason
  }
}

/** Why this signal of a job was aborted; null while it is not. */
export function abortReasonOf({ reason }: AbortSignal): AbortReason | null {
  return reason instanceof JobAborted ? reason.reason : null
}

/** What the handler of a job knows of its attempt. */
export interface JobRun {
  /** Aborted with a JobAborted. The handler then ends soon, by throwing that: `signal.throwIfAborted()` does. */
  readonly signal: AbortSignal
  /** From 1. Attempts that ended with the worker's shutdown are not counted. */
  readonly attempt: number
  /** Whether the job is not tried again when this attempt fails now: also once it is cancelled, never at shutdown. */
  readonly isLastAttempt: boolean
  /**
   * Does a step once: resolves to the stored result when an earlier attempt finished it. The name is unique in the job.
   * The result is stored as JSON, up to 16 KB, and is what JSON makes of it also the first time: ids and keys of what the
   * step made, never personal data. A step that ends with its attempt may be done again. Throws once the signal is aborted.
   */
  step<Result>(name: string, work: () => Promise<Result>): Promise<Result>
  /** Whether this attempt or an earlier one has finished the step. */
  isFinished(step: string): boolean
  /** Shows how far the job has come, from 0 to 100. Stored once a second at most; may be lost. */
  progress(percent: number): void
}

const mostSteps = 100
const largestResult = 16 * 1_024
const longestName = 100
const progressEveryMs = 1_000

export interface JobRunOptions {
  readonly pool: Pick<Pool, 'query'>
  readonly lock: JobLock
  readonly attempt: number
  readonly maxAttempts: number
  /** The results of the steps that earlier attempts finished. */
  readonly steps: Readonly<Record<string, unknown>>
  /** Its own signal is what aborts the attempt. */
  readonly abort: AbortController
  readonly log: Log
}

/** A run whose steps and progress are stored beside the job. Close it when the attempt has ended. */
export function createJobRun(options: JobRunOptions): JobRun & { close(): void } {
  const { pool, lock, abort, log } = options
  const { signal } = abort
  const results = new Map(Object.entries(options.steps))
  let step: string | null = null
  let percent: number | null = null
  let timer: NodeJS.Timeout | undefined
  let savedAt = Number.NEGATIVE_INFINITY

  const save = async (finished?: JobProgress['finished']) => {
    clearTimeout(timer)
    timer = undefined
    savedAt = performance.now()
    if (await saveProgress(pool, lock, { step, percent, ...(finished && { finished }) })) return
    abort.abort(new JobAborted('lost'))
    throw signal.reason
  }
  const saveSoon = () => {
    timer ??= setTimeout(
      () => save().catch((error: unknown) => log.debug({ err: error }, 'the progress of a job was not stored')),
      Math.max(0, savedAt + progressEveryMs - performance.now()),
    )
  }

  return {
    signal,
    attempt: options.attempt,
    get isLastAttempt() {
      const reason = abortReasonOf(signal)
      if (reason === 'cancelled') return true
      return reason !== 'shutdown' && reason !== 'lost' && options.attempt >= options.maxAttempts
    },
    async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
      signal.throwIfAborted()
      if (results.has(name)) return results.get(name) as Result
      if (name.length > longestName) throw new Error(`A step's name has ${longestName} characters at most: ${name}.`)
      if (results.size >= mostSteps) throw new Error(`A job has ${mostSteps} steps at most; ${name} is one more.`)
      step = name
      saveSoon()
      const result = toJson(name, await work())
      step = null
      await save({ step: name, result })
      results.set(name, JSON.parse(result))
      return results.get(name) as Result
    },
    isFinished: (name) => results.has(name),
    progress(value) {
      percent = Math.round(Math.min(100, Math.max(0, value)))
      saveSoon()
    },
    close: () => clearTimeout(timer),
  }
}

function toJson(step: string, result: unknown): string {
  const json = JSON.stringify(result) ?? 'null'
  const size = Buffer.byteLength(json)
  if (size <= largestResult) return json
  throw new Error(`The result of the step ${step} takes ${size} bytes, and ${largestResult} are allowed. Store a key.`)
}

/** A handler has so long to end after its signal was aborted. */
const abortGraceMs = 5_000

/**
 * The work's outcome; rejects with the signal's reason where the work still runs five seconds after the abort. It then
 * holds no slot any more. At shutdown it does not: the worker itself gives back what still runs after five seconds.
 */
export async function endAfterAbort(signal: AbortSignal, work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const onAbort = () => {
    if (abortReasonOf(signal) !== 'shutdown') timer = setTimeout(() => reject(signal.reason), abortGraceMs)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([work, late])
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(timer)
  }
}
