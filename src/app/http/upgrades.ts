import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import type { Log } from '../../platform/observability/log.ts'
import type { WebSockets } from '../graphql/websockets.ts'
import type { AddressLimits } from './address-limits.ts'
import type { IsAllowedOrigin } from './allowed-origins.ts'
import { allowOrigin, readRequestId, readUrl, refuse } from './guards.ts'
import { answerLogged } from './request-log.ts'
import type { ObserveRequest } from './request-metrics.ts'
import { setSecurityHeaders } from './security-headers.ts'

export interface UpgradeOptions {
  readonly allowedHosts: readonly string[]
  readonly mayCall: IsAllowedOrigin
  readonly log: Log
  /** Null until the process has started, and when it is stopping. */
  handlers(): UpgradeHandlers | null
}

export interface UpgradeHandlers {
  readonly webSockets: WebSockets
  readonly limits: AddressLimits
  readonly observeRequest: ObserveRequest
}

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** As for a request body. */
const maxMessageBytes = 256 * 1024

/** Answers requests to upgrade a connection to a WebSocket: the same checks as for other requests, then the handshake. */
export function answerUpgrades(options: UpgradeOptions) {
  const { allowedHosts, mayCall, log } = options
  const webSocketServer = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    // A small message could unpack to the maximum size.
    perMessageDeflate: false,
    handleProtocols: () => GRAPHQL_TRANSPORT_WS_PROTOCOL,
  })

  const answer = async (request: IncomingMessage, socket: Duplex, head: Buffer, response: ServerResponse) => {
    const id = readRequestId(request)
    response.setHeader('x-request-id', id)
    setSecurityHeaders(request, response, false)
    const isAllowedOrigin = allowOrigin(request, response, mayCall)
    const url = readUrl(request, allowedHosts)
    const handlers = options.handlers()
    if (!url || !handlers) return refuseAs(response, url ? unavailable : badUrl)
    const { limits, observeRequest: observe, webSockets } = handlers
    const refuseLogged = (refusal: Refusal | null) =>
      answerLogged({ log, observe }, response, { id, route: '/graphql' }, async (record) => {
        record.codes.add(refusal?.code ?? 'RATE_LIMITED')
        if (refusal) refuseAs(response, refusal)
      })
    if (url.pathname !== '/graphql') return refuseAs(response, notFound)
    if (await limits.refuseRequest(request, response)) return refuseLogged(null)
    if (!isAllowedOrigin && !isOwnOrigin(request)) return refuseLogged(foreignOrigin)
    if (!offers(request, GRAPHQL_TRANSPORT_WS_PROTOCOL)) return refuseLogged(otherProtocol)
    if (!webSockets.isBelowLimit(request)) return refuseLogged(tooMany)
    response.detachSocket(socket as typeof request.socket)
    webSocketServer.handleUpgrade(request, socket, head, (webSocket) => webSockets.open(webSocket, request, url))
  }

  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // The client may disconnect at any time.
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket as typeof request.socket)
    response.once('finish', () => socket.end())
    answer(request, socket, head, response).catch((error: unknown) => {
      log.error({ err: error, requestId: response.getHeader('x-request-id') }, 'an upgrade failed')
      socket.destroy()
    })
  }
}

/** Browsers apply no CORS to WebSockets, so a page of another origin is refused here. Other clients send no Origin. */
function isOwnOrigin({ headers: { origin, host } }: IncomingMessage): boolean {
  return origin === undefined || URL.parse(origin)?.host === host
}

function offers({ headers }: IncomingMessage, protocol: string): boolean {
  const offered = headers['sec-websocket-protocol']?.split(',') ?? []
  return offered.some((name) => name.trim() === protocol)
}

function refuseAs(response: ServerResponse, { status, code, message }: Refusal): void {
  refuse(response, status, code, message)
}

const badUrl: Refusal = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'The URL or the Host header does not belong to this server.',
}
const unavailable: Refusal = {
  status: 503,
  code: 'SERVICE_UNAVAILABLE',
  message: 'The server is starting or stopping. Try again in a moment.',
}
const notFound: Refusal = { status: 404, code: 'NOT_FOUND', message: 'Not found. WebSockets are served at /graphql.' }
const foreignOrigin: Refusal = {
  status: 403,
  code: 'ORIGIN_NOT_ALLOWED',
  message: 'Pages of this origin may not open a WebSocket. CORS_ORIGINS lists the allowed origins.',
}
const otherProtocol: Refusal = {
  status: 400,
  code: 'BAD_REQUEST',
  message: 'Use the WebSocket subprotocol graphql-transport-ws.',
}
const tooMany: Refusal = {
  status: 429,
  code: 'TOO_MANY_WEBSOCKETS',
  message: 'Your IP address has the maximum number of open WebSockets. Close one first.',
}
