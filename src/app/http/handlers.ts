import { eventCounter } from '../../platform/inbox/inbox-metrics.ts'
import { tickCron } from '../../platform/jobs/cron-tick.ts'
import { createRateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import type { App } from '../app.ts'
import { streamTokenRoute } from '../graphql/answer-stream-token.ts'
import { createGraphqlServer, type GraphiqlPage } from '../graphql/graphql-server.ts'
import { readKnownOperations } from '../graphql/operation-manifest.ts'
import { createWebSockets } from '../graphql/websockets.ts'
import { createAddressLimits } from './address-limits.ts'
import { cronTickPath } from './answer-cron-tick.ts'
import { createRequestMetrics } from './request-metrics.ts'
import type { DevelopmentEndpoint, RequestHandlers } from './server.ts'

/** The request handlers of an API process: GraphQL for front ends, plain POSTs for providers and the cron tick. */
export function createRequestHandlers(
  app: App,
  graphiql: GraphiqlPage | null,
  development: DevelopmentEndpoint | null = null,
): RequestHandlers {
  const { db, clock, metrics, cron, config, log } = app
  const webhooks = app.webhooks.map(({ endpoint }) => endpoint)
  const limiter = createRateLimiter({ pool: db.pool, log })
  const graphql = createGraphqlServer(app, limiter, graphiql)
  const limits = createAddressLimits({ ...config, limiter, log })
  const observe = createRequestMetrics(metrics, {
    routes: ['/graphql', streamTokenRoute, cronTickPath, ...webhooks.flatMap(({ paths }) => paths)],
    operations: readKnownOperations(),
    clients: config.clientNames,
  })
  return {
    graphql,
    webSockets: createWebSockets({
      graphql,
      limits,
      observers: { log, observe },
      clock,
      metrics,
      bounds: config.limits,
    }),
    limits,
    webhooks,
    countEvent: eventCounter(
      metrics,
      webhooks.map(({ source }) => source),
    ),
    observeRequest: observe,
    clock,
    db,
    development,
    cronTick: { secret: config.cronSecret, run: () => tickCron(db.pool, cron, clock()) },
  }
}
