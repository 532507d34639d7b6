import { clerkWebhook } from '../domains/users/webhook.ts'
import { eventCounter } from '../platform/inbox-metrics.ts'
import type { App } from './app.ts'
import { createGraphqlServer, type GraphiqlPage } from './graphql-server.ts'
import { readKnownOperations } from './known-operations.ts'
import { createRequestMetrics } from './request-metrics.ts'
import type { Services } from './server.ts'

/** What an API process serves: GraphQL for front ends, plain POSTs for providers. */
export function createServices(app: App, graphiql: GraphiqlPage | null): Services {
  const { db, sealer, adapters, clock, metrics } = app
  const webhooks = [clerkWebhook({ db, sealer, webhooks: adapters.clerkWebhooks })]
  return {
    graphql: createGraphqlServer(app, graphiql),
    webhooks,
    countEvent: eventCounter(
      metrics,
      webhooks.map(({ source }) => source),
    ),
    observeRequest: createRequestMetrics(metrics, readKnownOperations()),
    clock,
  }
}
