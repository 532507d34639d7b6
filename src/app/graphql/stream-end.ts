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
  return error ? endBy(String(error.extensions.code)) : 'completed'
}

/** How a stream has ended that an error with this code has ended. */
export function endBy(code: string): StreamEnd {
  return endOfCode[code] ?? 'error'
}

/** Why a client opens the stream again. */
export type Interruption = 'TOKEN_EXPIRED' | 'SERVER_STOPPING'

/**
 * Why the stream is interrupted, if this event says so. Such an event is not sent: Apollo ends a subscription at an error,
 * and urql keeps the error with all later results. Clients open a stream again that ends without its last message.
 */
export function interruptionOf({ errors }: ExecutionResult): Interruption | null {
  const code = errors?.[0]?.extensions.code
  return code === 'TOKEN_EXPIRED' || code === 'SERVER_STOPPING' ? code : null
}
