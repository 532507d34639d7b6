import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import { isDatabaseUnavailable } from '../../platform/database/database-unavailable.ts'
import type { Database } from '../../platform/database/db.ts'
import { ServiceUnavailable } from '../../platform/errors.ts'
import type { CountEvent } from '../../platform/inbox/inbox-metrics.ts'
import type { WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import type { Log } from '../../platform/observability/log.ts'
import { connectionAddressReader } from '../../platform/rate-limits/client-address.ts'
import { answerGraphql } from '../graphql/answer-graphql.ts'
import { answerStreamToken, streamIdIn, streamTokenRoute } from '../graphql/answer-stream-token.ts'
import type { GraphqlServer } from '../graphql/graphql-server.ts'
import type { WebSockets } from '../graphql/websockets.ts'
import type { Health } from '../health/health.ts'
import type { AddressLimits } from './address-limits.ts'
import { createOriginCheck } from './allowed-origins.ts'
import { answerCronTick, type CronTick, cronTickPath } from './answer-cron-tick.ts'
import { retryAfter } from './answer-timeout.ts'
import { answerWebhook } from './answer-webhook.ts'
import { createBodyBudget } from './body-budget.ts'
import { limitConnections } from './connections.ts'
import { allowOrigin, answerPreflight, readRequestId, readUrl, redirect, refuse, refuseExpectations } from './guards.ts'
import { listen } from './listen.ts'
import { createNodeServer, type Timeouts } from './node-server.ts'
import { clientDisconnected, serverStopping } from './request-context.ts'
import { answerLogged } from './request-log.ts'
import type { ObserveRequest } from './request-metrics.ts'
import { setSecurityHeaders } from './security-headers.ts'
import { answerUpgrades } from './upgrades.ts'

export interface HttpServerOptions {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[]
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly log: Log
  readonly health: Health
  readonly mode: 'development' | 'production'
  readonly limits: Timeouts & Pick<Limits, 'stallSeconds' | 'connections' | 'connectionsPerAddress' | 'bodyBytes'>
}

/** An endpoint that exists in development only. */
export interface DevelopmentEndpoint {
  readonly path: string
  answer(
    exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly url: URL },
    app: { readonly db: Database; readonly clock: Clock },
  ): Promise<void>
}

/** What the HTTP server calls once the process has started. */
export interface RequestHandlers {
  readonly graphql: GraphqlServer
  readonly webSockets: WebSockets
  readonly limits: AddressLimits
  readonly webhooks: readonly WebhookEndpoint[]
  readonly countEvent: CountEvent
  readonly observeRequest: ObserveRequest
  readonly clock: Clock
  readonly cronTick: CronTick
  /** Null in production. */
  readonly development: DevelopmentEndpoint | null
  readonly db: Database
}

export interface HttpServer {
  readonly port: number
  /** Starts to answer requests; until then they get 503. */
  open(services: RequestHandlers): void
  /** Accepts no new requests, ends streams, and resolves once requests in flight are answered (six seconds at most). */
  close(): Promise<void>
}

const drainMs = 6_000

const foreignUrl =
  'The URL or the Host header does not belong to this server. A host name must be one of ALLOWED_HOSTS.'

function refuseFailed(response: ServerResponse, error: unknown): void {
  if (error instanceof ServiceUnavailable || isDatabaseUnavailable(error)) {
    for (const [name, value] of Object.entries(retryAfter)) response.setHeader(name, value)
    const { code, message } = new ServiceUnavailable()
    refuse(response, 503, code, message)
  } else refuse(response, 500, 'INTERNAL_SERVER_ERROR', 'Internal server error.')
}

/**
 * Starts the HTTP server that runs all checks before GraphQL Yoga. It listens at once, so that a port in use is
 * reported first.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { log, health } = options
  const exchanges = new Set<AbortController>()
  const budget = createBodyBudget(options.limits)
  const mayCall = createOriginCheck(options)
  let stopping = false
  let services: RequestHandlers | null = null

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = readRequestId(request)
    response.setHeader('x-request-id', requestId)
    setSecurityHeaders(request, response, options.mode === 'development')
    if (stopping) response.setHeader('connection', 'close')
    const isAllowedOrigin = allowOrigin(request, response, mayCall)
    const url = readUrl(request, options.allowedHosts)
    if (!url) return refuse(response, 400, 'BAD_REQUEST', foreignUrl)
    if (refuseExpectations(request, response)) return
    if (health.answer(request, response)) return
    const streamId = streamIdIn(url.pathname)
    const isGraphql = url.pathname === '/graphql' || streamId !== null
    if (isGraphql && request.method === 'OPTIONS') return answerPreflight(response, isAllowedOrigin)
    if (!services) return refuse(response, 503, 'STARTING', 'The server is starting. Try again in a moment.')
    const {
      graphql,
      limits,
      webhooks,
      countEvent,
      observeRequest: observe,
      clock,
      cronTick,
      development,
      db,
    } = services
    const webhook = webhooks.find(({ paths }) => paths.includes(url.pathname))
    if (webhook) {
      const logged = { id: requestId, route: url.pathname, operation: url.pathname }
      const delivery = { request, response, clock, countEvent, budget, address: limits.addressOf(request) }
      return answerLogged({ log, observe }, response, logged, async (record) => {
        if (await limits.refuseDelivery(webhook.source.name, request, response)) record.codes.add('RATE_LIMITED')
        else await answerWebhook(webhook, delivery)
      })
    }
    if (url.pathname === cronTickPath) {
      const logged = { id: requestId, route: cronTickPath, operation: cronTickPath }
      return answerLogged({ log, observe }, response, logged, async (record) => {
        if (await limits.refuseRequest(request, response)) record.codes.add('RATE_LIMITED')
        else await answerCronTick(cronTick, request, response)
      })
    }
    if (development && url.pathname === development.path) {
      const logged = { id: requestId, route: development.path, operation: development.path }
      return answerLogged({ log, observe }, response, logged, async (record) => {
        if (await limits.refuseRequest(request, response)) record.codes.add('RATE_LIMITED')
        else await development.answer({ request, response, url }, { db, clock })
      })
    }
    if (url.pathname === '/') return redirect(response, '/graphql')
    if (!isGraphql) return refuse(response, 404, 'NOT_FOUND', 'Not found. GraphQL is served at /graphql.')
    response.setHeader('cache-control', 'no-store')
    const disconnected = new AbortController()
    exchanges.add(disconnected)
    response.once('close', () => {
      exchanges.delete(disconnected)
      disconnected.abort(clientDisconnected)
    })
    const { stallSeconds } = options.limits
    const logged =
      streamId === null
        ? { id: requestId, route: url.pathname }
        : { id: requestId, route: streamTokenRoute, operation: streamTokenRoute }
    await answerLogged({ log, observe }, response, logged, async (record) => {
      if (await limits.refuseRequest(request, response)) return void record.codes.add('RATE_LIMITED')
      const requester = { disconnected: disconnected.signal, address: limits.addressOf(request), isExtendable: true }
      const exchange = { request, response, url, record, requester, stallSeconds, budget }
      if (streamId === null) await answerGraphql(graphql, exchange)
      else await answerStreamToken(graphql, exchange, streamId)
    })
  }

  const server = createNodeServer(options.limits, (request, response) => {
    // A connection kept alive after its last response would delay closing by six seconds.
    response.once('close', () => stopping && server.closeIdleConnections())
    answer(request, response).catch((error: unknown) => {
      const requestId = response.getHeader('x-request-id')
      log.error({ err: error, requestId }, 'a request failed outside GraphQL')
      if (response.headersSent) response.destroy()
      else refuseFailed(response, error)
    })
  })
  server.on('upgrade', answerUpgrades({ ...options, mayCall, handlers: () => (stopping ? null : services) }))
  const connections = limitConnections(server, options.limits, {
    addressOf: connectionAddressReader(options.trustedProxies),
    log,
  })
  const port = await listen(server, options)

  return {
    port,
    open(opened) {
      services = opened
    },
    async close() {
      stopping = true
      // Ends streams. Other requests ignore the signal and are answered.
      for (const disconnected of exchanges) disconnected.abort(serverStopping)
      services?.webSockets.drain()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      connections.endUnused()
      const timer = setTimeout(() => {
        server.closeAllConnections()
        services?.webSockets.terminate()
      }, drainMs)
      await closed.finally(() => clearTimeout(timer))
    },
  }
}
