import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Log } from '../platform/log.ts'
import type { GraphqlServer } from './graphql-server.ts'
import type { Health } from './health.ts'
import { listen } from './listen.ts'
import { readBody } from './read-body.ts'

export interface FrontOptions {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[]
  readonly log: Log
  readonly health: Health
}

export interface Front {
  readonly port: number
  /** From now on GraphQL is answered; until then 503. */
  open(graphql: GraphqlServer): void
  /** Takes no new work, ends streams, and resolves once requests in flight are answered (10 seconds at most). */
  close(): Promise<void>
}

const maxBodyBytes = 256 * 1024
const drainMs = 8_000

/** The HTTP front: what stands between the internet and Yoga. Listens at once, so that a taken port is known first. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { log, health } = options
  const stopping = new AbortController()
  let graphql: GraphqlServer | null = null

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = readRequestId(request)
    response.setHeader('x-request-id', requestId)
    response.setHeader('x-content-type-options', 'nosniff')
    if (stopping.signal.aborted) response.setHeader('connection', 'close')
    const url = readUrl(request, options.allowedHosts)
    if (!url) return refuse(response, 400, 'BAD_REQUEST', 'The address or the Host header is not one of this server.')
    if (health.answer(request, response)) return
    if (url.pathname === '/' && graphql) return redirect(response, '/graphql')
    if (url.pathname !== '/graphql')
      return refuse(response, 404, 'NOT_FOUND', 'There is nothing here. GraphQL is at /graphql.')
    if (!graphql) return refuse(response, 503, 'STARTING', 'The server is starting. Try again in a moment.')
    await answerGraphql(graphql, { request, response, url, requestId, stopping: stopping.signal })
  }

  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 15_000, maxHeaderSize: 16 * 1024 },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        log.error({ err: error }, 'a request failed outside GraphQL')
        if (!response.headersSent) refuse(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side.')
        else response.destroy()
      })
    },
  )
  const port = await listen(server, options)

  return {
    port,
    open(opened) {
      graphql = opened
    },
    async close() {
      stopping.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), drainMs)
      await closed.finally(() => clearTimeout(timer))
    },
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly requestId: string
  readonly stopping: AbortSignal
}

async function answerGraphql(graphql: GraphqlServer, exchange: Exchange): Promise<void> {
  const { request, response, url, requestId, stopping } = exchange
  const method = request.method ?? 'GET'
  // Only JSON runs anything: a form or text/plain POST is what other sites' pages can send without asking (CSRF).
  if (method === 'POST' && !isJson(request)) {
    return refuse(response, 415, 'UNSUPPORTED_MEDIA_TYPE', 'Send the operation as application/json.')
  }
  const body = method === 'POST' ? await readBody(request, maxBodyBytes) : null
  if (body === 'too large') {
    return refuse(response, 413, 'PAYLOAD_TOO_LARGE', `A request may have ${maxBodyBytes / 1024} KiB.`)
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await graphql.fetch(
    url.href,
    { method, headers: headersOf(request), ...(body ? { body: new Uint8Array(body) } : {}) },
    { gone: AbortSignal.any([gone.signal, stopping]), requestId },
  )
  response.writeHead(answer.status, Object.fromEntries(answer.headers.entries()))
  if (!answer.body) return void response.end()
  // A client that goes away in the middle of a stream is no failure; closing the response has ended the stream.
  await pipeline(Readable.from(answer.body), response).catch(() => undefined)
}

function readUrl(request: IncomingMessage, allowedHosts: readonly string[]): URL | null {
  const path = request.url ?? ''
  const host = request.headers.host ?? ''
  const isPlain = path.startsWith('/') && !path.startsWith('//')
  const address = `http://${host}${path}`
  if (!isPlain || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(address)) return null
  const url = new URL(address)
  return allowedHosts.includes(url.hostname) ? url : null
}

/** A client's own id is taken when it is harmless in a log. */
function readRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{1,100}$/.test(given) ? given : randomUUID()
}

function isJson(request: IncomingMessage): boolean {
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return mediaType === 'application/json' && request.headers['content-encoding'] === undefined
}

function headersOf(request: IncomingMessage): [string, string][] {
  return Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  )
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ message, extensions: { code } }] }))
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location })
  response.end()
}
