import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

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
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): boolean {
  const { origin } = request.headers
  response.setHeader('vary', 'origin, accept, authorization')
  if (origin === undefined || !origins.includes(origin)) return false
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', 'x-request-id, x-stream-id, retry-after, www-authenticate')
  return true
}

/** Answers a CORS preflight request. */
export function answerPreflight(response: ServerResponse, isAllowedOrigin: boolean): void {
  response.writeHead(204, isAllowedOrigin ? preflightHeaders : {})
  response.end()
}

const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, x-request-id',
  'access-control-max-age': '600',
}

/** Refuses a request outside GraphQL, in the form of a GraphQL error. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }))
}

/** Redirects to another location. */
export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location })
  response.end()
}
