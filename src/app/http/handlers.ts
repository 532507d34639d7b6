import { eventCounter } from '../../platform/inbox/inbox-metrics.ts'
import { tickCron } from '../../platform/jobs/cron-tick.ts'
import { createRateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import type { App } from '../app.ts'
import { createGraphqlServer, type GraphiqlPage } from '../graphql/graphql-server.ts'
import { readKnownOperations } from '../graphql/operation-manifest.ts'
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
  return {
    graphql: createGraphqlServer(app, limiter, graphiql),
    limits: createAddressLimits({ ...config, limiter, log }),
    webhooks,
    countEvent: eventCounter(
      metrics,
      webhooks.map(({ source }) => source),
    ),
    observeRequest: createRequestMetrics(metrics, {
      routes: ['/graphql', cronTickPath, ...webhooks.flatMap(({ paths }) => paths)],
      operations: readKnownOperations(),
    }),
    clock,
    db,
    development,
    cronTick: { secret: config.cronSecret, run: () => tickCron(db.pool, cron, clock()) },
  }
}
