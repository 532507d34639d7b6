import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { currentRequest } from './current-request.ts'
import { maskLine } from './mask.ts'

export type Log = Logger

export interface LogOptions {
  readonly level: string
  /** For a person at a terminal. */
  readonly pretty: boolean
  /** Takes the lines instead of standard output. */
  readonly destination?: DestinationStream
}

/**
 * JSON lines on standard output; pretty where asked (development on a terminal). Every line is masked after it is
 * finished and before it is written, and names the request on whose way it was logged.
 */
export function createLog({ level, pretty, destination }: LogOptions): Log {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: requestOfLine,
    hooks: { streamWrite: maskLine },
  }
  if (destination) return pino(options, destination)
  if (!pretty) return pino(options, standardOutput())
  const prettyOptions = { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }
  return pino({ ...options, transport: { target: 'pino-pretty', options: prettyOptions } })
}

/**
 * Lines leave together, a tenth of a second late at most: one by one, each takes a thread and 60 µs. An exit writes what is
 * left; a kill loses it. What nobody reads is dropped at last, and stops nobody.
 */
const standardOutput = () =>
  pino.destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 100, maxLength: 16 * 1_024 ** 2 })

function requestOfLine(): object {
  const request = currentRequest.getStore()
  return request && !request.isAnswered ? { requestId: request.id } : {}
}

export const silentLog: Log = pino({ level: 'silent' })
