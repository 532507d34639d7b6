import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Limits } from '../config/limits.ts'
import type { Clock } from '../platform/clock.ts'
import { isDatabaseAway } from '../platform/database/database-away.ts'
import { ServiceUnavailable } from '../platform/errors.ts'
import type { CountEvent } from '../platform/inbox/inbox-metrics.ts'
import type { WebhookEndpoint } from '../platform/inbox/webhooks.ts'
import { connectionAddressReader } from '../platform/limits/client-address.ts'
import type { Log } from '../platform/watching/log.ts'
import { answerGraphql } from './graphql/answer-graphql.ts'
import type { GraphqlServer } from './graphql/graphql-server.ts'
import type { Health } from './health/health.ts'
import { answerCronTick, type CronTick, cronTickPath } from './http/answer-cron-tick.ts'
import { retryAfter } from './http/answer-in-time.ts'
import { answerWebhook } from './http/answer-webhook.ts'
import { watchConnections } from './http/connections.ts'
import type { FrontLimits } from './http/front-limits.ts'
import { createFrontServer, type Timeouts } from './http/front-server.ts'
import {
  allowOrigin,
  answerPreflight,
  readRequestId,
  readUrl,
  redirect,
  refuse,
  refuseExpectations,
} from './http/gates.ts'
import { listen } from './http/listen.ts'
import { answerLogged } from './http/request-log.ts'
import type { ObserveRequest } from './http/request-metrics.ts'
import { secure } from './http/security-headers.ts'

export interface FrontOptions {
  readonly host: string
  readonly port: number
  readonly allowedHosts: readonly string[]
  readonly corsOrigins: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly log: Log
  readonly health: Health
  readonly mode: 'development' | 'production'
  readonly limits: Timeouts & Pick<Limits, 'stallSeconds' | 'connections' | 'connectionsPerAddress'>
}

/** What stands behind the front. */
export interface Services {
  readonly graphql: GraphqlServer
  readonly limits: FrontLimits
  readonly webhooks: readonly WebhookEndpoint[]
  readonly countEvent: CountEvent
  readonly observeRequest: ObserveRequest
  readonly clock: Clock
  readonly cronTick: CronTick
}

export interface Front {
  readonly port: number
  /** From now on requests are answered; until then 503. */
  open(services: Services): void
  /** Takes no new work, ends streams, and resolves once requests in flight are answered (six seconds at most). */
  close(): Promise<void>
}

const drainMs = 6_000

/** One for all: a new one for each request would take 5 µs to note where it was made. */
const hasGone = new DOMException('The client has gone, or the server stops.', 'AbortError')

function refuseFailed(response: ServerResponse, error: unknown): void {
  if (error instanceof ServiceUnavailable || isDatabaseAway(error)) {
    for (const [name, value] of Object.entries(retryAfter)) response.setHeader(name, value)
    const { code, message } = new ServiceUnavailable()
    refuse(response, 503, code, message)
  } else refuse(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on our side.')
}

/** The HTTP front: what stands between the internet and Yoga. Listens at once, so that a taken port is known first. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const { log, health } = options
  const exchanges = new Set<AbortController>()
  let stopping = false
  let services: Services | null = null

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = readRequestId(request)
    response.setHeader('x-request-id', requestId)
    secure(request, response, options.mode === 'development')
    if (stopping) response.setHeader('connection', 'close')
    const isAllowedOrigin = allowOrigin(request, response, options.corsOrigins)
    const url = readUrl(request, options.allowedHosts)
    if (!url) return refuse(response, 400, 'BAD_REQUEST', 'The address or the Host header is not one of this server.')
    if (refuseExpectations(request, response)) return
    if (health.answer(request, response)) return
    if (url.pathname === '/graphql' && request.method === 'OPTIONS') return answerPreflight(response, isAllowedOrigin)
    if (!services) return refuse(response, 503, 'STARTING', 'The server is starting. Try again in a moment.')
    const { graphql, limits, webhooks, countEvent, observeRequest: observe, clock, cronTick } = services
    const webhook = webhooks.find(({ paths }) => paths.includes(url.pathname))
    if (webhook) {
      const asked = { id: requestId, route: url.pathname, operation: url.pathname }
      const delivery = { request, response, clock, countEvent }
      return answerLogged({ log, observe }, response, asked, async (record) => {
        if (await limits.refuseDelivery(webhook.source.name, request, response)) record.codes.add('RATE_LIMITED')
        else await answerWebhook(webhook, delivery)
      })
    }
    if (url.pathname === cronTickPath) {
      const asked = { id: requestId, route: cronTickPath, operation: cronTickPath }
      return answerLogged({ log, observe }, response, asked, async (record) => {
        if (await limits.refuseRequest(request, response)) record.codes.add('RATE_LIMITED')
        else await answerCronTick(cronTick, request, response)
      })
    }
    if (url.pathname === '/') return redirect(response, '/graphql')
    if (url.pathname !== '/graphql')
      return refuse(response, 404, 'NOT_FOUND', 'There is nothing here. GraphQL is at /graphql.')
    response.setHeader('cache-control', 'no-store')
    const gone = new AbortController()
    exchanges.add(gone)
    response.once('close', () => {
      exchanges.delete(gone)
      gone.abort(hasGone)
    })
    const { stallSeconds } = options.limits
    await answerLogged({ log, observe }, response, { id: requestId, route: url.pathname }, async (record) => {
      if (await limits.refuseRequest(request, response)) return void record.codes.add('RATE_LIMITED')
      const asker = { gone: gone.signal, address: limits.addressOf(request) }
      await answerGraphql(graphql, { request, response, url, record, asker, stallSeconds })
    })
  }

  const server = createFrontServer(options.limits, (request, response) => {
    // A connection that is kept alive after its last answer would hold up the closing for six seconds.
    response.once('close', () => stopping && server.closeIdleConnections())
    answer(request, response).catch((error: unknown) => {
      const requestId = response.getHeader('x-request-id')
      log.error({ err: error, requestId }, 'a request failed outside GraphQL')
      if (response.headersSent) response.destroy()
      else refuseFailed(response, error)
    })
  })
  const connections = watchConnections(server, options.limits, {
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
      // Ends streams; what is no stream does not look at it and is answered.
      for (const gone of exchanges) gone.abort(hasGone)
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      connections.endUnused()
      const timer = setTimeout(() => server.closeAllConnections(), drainMs)
      await closed.finally(() => clearTimeout(timer))
    },
  }
}
