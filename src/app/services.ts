import { revenueCatWebhook } from '../domains/billing/webhook.ts'
import { clerkWebhook } from '../domains/users/webhook.ts'
import { eventCounter } from '../platform/inbox/inbox-metrics.ts'
import { createRateLimiter } from '../platform/limits/rate-limiter.ts'
import { tickCron } from '../platform/queue/cron-tick.ts'
import type { App } from './app.ts'
import { createGraphqlServer, type GraphiqlPage } from './graphql/graphql-server.ts'
import { readKnownOperations } from './graphql/known-operations.ts'
import { cronTickPath } from './http/answer-cron-tick.ts'
import { createFrontLimits } from './http/front-limits.ts'
import { createRequestMetrics } from './http/request-metrics.ts'
import { crontab } from './jobs.ts'
import type { Services } from './server.ts'

/** What an API process serves: GraphQL for front ends, plain POSTs for providers. */
export function createServices(app: App, graphiql: GraphiqlPage | null): Services {
  const { db, sealer, adapters, clock, metrics } = app
  const webhooks = [
    clerkWebhook({ db, sealer, webhooks: adapters.clerkWebhooks }),
    revenueCatWebhook({ db, sealer, webhooks: adapters.purchaseWebhooks }),
  ]
  const limiter = createRateLimiter({ pool: db.pool, log: app.log })
  return {
    graphql: createGraphqlServer(app, limiter, graphiql),
    limits: createFrontLimits({ ...app.config, limiter, log: app.log }),
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
    cronTick: { secret: app.config.cronSecret, run: () => tickCron(db.pool, crontab, clock()) },
  }
}
