import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The address that was asked for; null when it, or the Host header, is not one of this server's. */
export function readUrl(request: IncomingMessage, allowedHosts: readonly string[]): URL | null {
  const path = request.url ?? ''
  const host = request.headers.host ?? ''
  const isPlain = path.startsWith('/') && !path.startsWith('//')
  if (!isPlain || !/^[\w.:[\]-]+$/.test(host)) return null
  const url = URL.parse(`http://${host}${path}`)
  return url && allowedHosts.includes(url.hostname) && isSameHere(path, url.pathname) ? url : null
}

/** A proxy that closes /cron has not closed /x/../cron, which is the same once it is made plain. */
function isSameHere(path: string, plain: string): boolean {
  return path.startsWith(plain) && (path.length === plain.length || path[plain.length] === '?')
}

/** Refuses what HTTP lets a client expect of a server and this one does not do. True when it refused. */
export function refuseExpectations({ headers }: IncomingMessage, response: ServerResponse): boolean {
  const { expect, 'transfer-encoding': coding } = headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    refuse(response, 417, 'EXPECTATION_FAILED', 'Nothing but 100-continue may be expected here.')
  } else if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    refuse(response, 501, 'NOT_IMPLEMENTED', 'A body may come chunked, and not compressed.')
  } else return false
  return true
}

/** A client's own id is taken when it is harmless in a log. */
export function readRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{1,100}$/.test(given) ? given : randomUUID()
}

/** Every answer says which page may read it, refusals too: a page could not show them otherwise. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): boolean {
  const { origin } = request.headers
  response.setHeader('vary', 'origin, accept, authorization')
  if (origin === undefined || !origins.includes(origin)) return false
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after, www-authenticate')
  return true
}

/** Answers a browser that asks whether a page may call. */
export function answerPreflight(response: ServerResponse, isAllowedOrigin: boolean): void {
  response.writeHead(204, isAllowedOrigin ? preflightHeaders : {})
  response.end()
}

const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, x-request-id',
  'access-control-max-age': '600',
}

/** An answer without GraphQL, in the form of GraphQL's errors. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }))
}

/** Sends a browser elsewhere. */
export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location })
  response.end()
}
