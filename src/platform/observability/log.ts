import type { Span } from '@opentelemetry/api'
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { currentRequest } from './current-request.ts'
import { maskLine } from './mask.ts'
import { trace } from './opentelemetry.ts'

export type Log = Logger

export interface LogOptions {
  readonly level: string
  /** Text for a terminal instead of JSON. */
  readonly pretty: boolean
  /** Receives the lines instead of standard output. */
  readonly destination?: DestinationStream
}

/**
 * Writes JSON lines to standard output, or text for a terminal where `pretty` is set. Each line is masked when it is
 * complete and before it is written. Each line has the id of the request that it was logged for and, with tracing, the
 * ids of the open span.
 *
 * `severity` and `time` are the fields that Google Cloud Logging reads; other log viewers read `level`.
 */
export function createLog({ level, pretty, destination }: LogOptions): Log {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label, severity: severityOf[label] ?? 'DEFAULT' }) },
    mixin: originOfLine,
    hooks: { streamWrite: maskLine },
  }
  if (destination) return pino(options, destination)
  if (!pretty) return pino(options, standardOutput())
  const prettyOptions = { ignore: 'pid,hostname,severity', translateTime: 'SYS:HH:MM:ss' }
  return pino({ ...options, transport: { target: 'pino-pretty', options: prettyOptions } })
}

/** Google Cloud Logging's names for pino's levels. */
const severityOf: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/**
 * Lines are written in batches, at most a tenth of a second late: one by one, each takes a thread and 60 µs. An exit
 * writes the rest, a kill loses it. When nobody reads standard output, lines beyond 16 MiB are dropped and the program
 * continues.
 */
const standardOutput = () =>
  pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 100, maxLength: 16 * 1_024 ** 2 })

function originOfLine(): object {
  const request = currentRequest.getStore()
  const span = trace.getActiveSpan()
  // A request and its span stay current for what outlives them, such as a database connection that the request opened.
  const isRequestOpen = request !== undefined && !request.isAnswered
  const isSpanOpen = span?.isRecording() === true
  return { ...(isRequestOpen ? { requestId: request.id } : {}), ...(isSpanOpen ? idsOf(span) : {}) }
}

function idsOf(span: Span): object {
  const { traceId, spanId } = span.spanContext()
  return { trace_id: traceId, span_id: spanId }
}

export const silentLog: Log = pino({ level: 'silent' })
