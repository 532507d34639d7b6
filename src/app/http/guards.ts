import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IsAllowedOrigin } from './allowed-origins.ts'
import { retryAfter } from './answer-timeout.ts'

/** The requested URL; null if it, or the Host header, does not belong to this server. */
export function readUrl(request: IncomingMessage, allowedHosts: readonly string[]): URL | null {
  const path = request.url ?? ''
  const host = request.headers.host ?? ''
  const isOriginForm = path.startsWith('/') && !path.startsWith('//')
  if (!isOriginForm || !/^[\w.:[\]-]+$/.test(host)) return null
  const url = URL.parse(`http://${host}${path}`)
  return url && allowedHosts.includes(url.hostname) && isNormalized(path, url.pathname) ? url : null
}

/**
 * Whether normalization leaves the path unchanged. Other paths are refused: a proxy that blocks /cron does not block
 * /x/../cron, which is the same path on this server.
 */
function isNormalized(path: string, normalized: string): boolean {
  return path.startsWith(normalized) && (path.length === normalized.length || path[normalized.length] === '?')
}

/** Refuses expectations and transfer codings that this server does not support. Returns true if it refused. */
export function refuseExpectations({ headers }: IncomingMessage, response: ServerResponse): boolean {
  const { expect, 'transfer-encoding': coding } = headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    refuse(response, 417, 'EXPECTATION_FAILED', 'The only supported value of the Expect header is 100-continue.')
  } else if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    refuse(response, 501, 'NOT_IMPLEMENTED', 'The only supported value of the Transfer-Encoding header is chunked.')
  } else return false
  return true
}

/** Uses the client's x-request-id if it is safe to log, otherwise a new id. */
export function readRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{1,100}$/.test(given) ? given : randomUUID()
}

/**
 * Sets the CORS headers of every response, refusals too: otherwise a page could not read them. Returns whether the
 * origin is allowed.
 */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  isAllowedOrigin: IsAllowedOrigin,
): boolean {
  const { origin } = request.headers
  response.setHeader('vary', 'origin, accept, authorization')
  if (origin === undefined || !isAllowedOrigin(origin)) return false
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', 'x-request-id, x-stream-id, retry-after, www-authenticate')
  return true
}

/** Answers a CORS preflight request. */
export function answerPreflight(response: ServerResponse, isAllowedOrigin: boolean): void {
  response.writeHead(204, isAllowedOrigin ? preflightHeaders : {})
  response.end()
}

/** The headers that client libraries, tracing and the names of clients need. Browsers refuse to send any other. */
const allowedHeaders = [
  'authorization',
  'content-type',
  'x-request-id',
  'traceparent',
  'tracestate',
  'baggage',
  'sentry-trace',
  'apollographql-client-name',
  'apollographql-client-version',
  'apollo-require-preflight',
  'x-client-name',
  'x-client-version',
  'x-graphql-event-stream-token',
  'x-requested-with',
  'cache-control',
  'last-event-id',
]

const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': allowedHeaders.join(', '),
  'access-control-max-age': '600',
}

/** Refuses a request outside GraphQL, in the form of a GraphQL error. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }))
}

/** Refuses a request whose body has no space in the memory for bodies that are being received. */
export function refuseBusy(response: ServerResponse): void {
  for (const [name, value] of Object.entries(retryAfter)) response.setHeader(name, value)
  refuse(response, 503, busy.code, busy.message)
}

export const busy = {
  code: 'SERVER_BUSY',
  message:
    'The server receives too many large requests at the moment. Nothing was changed. Try again in a few seconds.',
}

/** Redirects to another location. */
export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location })
  response.end()
}
