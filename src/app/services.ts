import { clerkWebhook } from '../domains/users/webhook.ts'
import type { App } from './app.ts'
import { createGraphqlServer, type GraphiqlPage } from './graphql-server.ts'
import type { Services } from './server.ts'

/** What an API process serves: GraphQL for front ends, plain POSTs for providers. */
export function createServices(app: App, graphiql: GraphiqlPage | null): Services {
  const { db, sealer, adapters, clock } = app
  return {
    graphql: createGraphqlServer(app, graphiql),
    webhooks: [clerkWebhook({ db, sealer, webhooks: adapters.clerkWebhooks })],
    clock,
  }
}
