import { revenueCatWebhook } from '../domains/billing/webhook.ts'
import { clerkWebhook } from '../domains/users/webhook.ts'
import { tickCron } from '../platform/cron-tick.ts'
import { eventCounter } from '../platform/inbox-metrics.ts'
import { createRateLimiter } from '../platform/rate-limiter.ts'
import type { App } from './app.ts'
import { createFrontLimits } from './front-limits.ts'
import { createGraphqlServer, type GraphiqlPage } from './graphql-server.ts'
import { crontab } from './jobs.ts'
import { readKnownOperations } from './known-operations.ts'
import { createRequestMetrics } from './request-metrics.ts'
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
    observeRequest: createRequestMetrics(metrics, readKnownOperations()),
    clock,
    cronTick: { secret: app.config.cronSecret, run: () => tickCron(db.pool, crontab, clock()) },
  }
}
