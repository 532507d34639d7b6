import type { ExecutionResult } from 'graphql'

/** How a stream can end, for the log and the metrics. */
export const streamEnds = [
  'completed',
  'disconnected',
  'token_expired',
  'user_unavailable',
  'server_stopping',
  'rate_limited',
  'error',
] as const

export type StreamEnd = (typeof streamEnds)[number]

const endOfCode: Readonly<Record<string, StreamEnd>> = {
  TOKEN_EXPIRED: 'token_expired',
  ACCOUNT_UNAVAILABLE: 'user_unavailable',
  SERVER_STOPPING: 'server_stopping',
  RATE_LIMITED: 'rate_limited',
}

/** How a stream has ended whose last event is this one. */
export function endAfter({ errors }: ExecutionResult): StreamEnd {
  const [error] = errors ?? []
  return error ? (endOfCode[String(error.extensions.code)] ?? 'error') : 'completed'
}
