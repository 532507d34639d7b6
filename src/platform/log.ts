import { type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines on standard output; pretty where asked (development on a terminal). Secrets never come near: see paths. */
export function createLog(options: { level: string; pretty: boolean }): Log {
  return pino({
    level: options.level,
    base: null,
    redact: { paths: ['authorization', '*.authorization', 'token', '*.token', 'headers'], censor: '[masked]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    ...(options.pretty
      ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' } } }
      : {}),
  })
}

export const silentLog: Log = pino({ level: 'silent' })
