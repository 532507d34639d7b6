import { GraphQLError } from 'graphql'
import { createYoga, type GraphiQLOptions, type YogaServerInstance } from 'graphql-yoga'
import { holdingPerson } from '../domains/users/index.ts'
import { Unauthenticated } from '../domains/users/ports.ts'
import type { Context, Viewer } from '../graphql/context.ts'
import { toClientError } from '../graphql/errors.ts'
import { boundedDepth } from '../graphql/limits.ts'
import { ProviderUnavailable } from '../platform/errors.ts'
import type { App } from './app.ts'
import { noteCode, noteForLog, noteUser } from './request-log.ts'
import { schema } from './schema.ts'
import { uploadOwners } from './upload-owners.ts'

/** GraphiQL in development: its page and what it opens with. Never given in production. */
export interface GraphiqlPage {
  options(): Promise<GraphiQLOptions>
  render(options: GraphiQLOptions): string
}

export interface RequestContext {
  /** Aborted when the client goes away or the server stops. */
  readonly gone: AbortSignal
}

export type GraphqlServer = Pick<YogaServerInstance<RequestContext, Context>, 'fetch'>

/** Yoga over our schema. The HTTP front (server.ts) has bounded and read the request before it comes here. */
export function createGraphqlServer(app: App, graphiql: GraphiqlPage | null): GraphqlServer {
  const { log, db, events, clock } = app
  const { emails, onArrival, adapters } = app
  const ports = { bucket: adapters.bucket, uploadOwners, emails, onArrival, directory: adapters.directory }
  return createYoga<RequestContext, Context>({
    schema,
    logging: false,
    landingPage: false,
    batching: false,
    graphiql: graphiql ? () => graphiql.options() : false,
    ...(graphiql ? { renderGraphiQL: (options) => graphiql.render(options ?? {}) } : {}),
    cors: false, // server.ts says it, on its own refusals too
    plugins: [boundedDepth, noteForLog],
    maskedErrors: {
      maskError: (error) => {
        const shown = toClientError(error)
        noteCode(shown)
        if (shown.extensions.code !== 'INTERNAL_SERVER_ERROR') return shown
        log.error({ err: originalOf(error) }, 'a request failed')
        // No field was reached: who watches status codes shall see it too.
        if (!shown.path) shown.extensions.http = { status: 500 }
        return shown
      },
    },
    context: async ({ request, gone }) => {
      const viewer = await readViewer(app, request.headers.get('authorization'))
      noteUser(viewer)
      return {
        viewer,
        db: viewer ? holdingPerson(db, viewer.user.id, clock) : db,
        events,
        clock,
        ports,
        get signal() {
          return viewer ? AbortSignal.any([gone, lapse(viewer, clock())]) : gone
        },
      }
    },
  })
}

/** No header: nobody. A bad one: HTTP 401, with no hint why beyond expired or invalid. */
async function readViewer(app: App, authorization: string | null): Promise<Viewer | null> {
  if (authorization === null) return null
  const token = /^Bearer +([^\s]+)$/i.exec(authorization.trim())?.[1]
  try {
    if (!token) throw new Unauthenticated('invalid')
    const { user, expiresAt } = await app.authenticator.authenticate(token, app.clock())
    const isAdmin = user.role === 'ADMIN' || app.config.adminClerkIds.includes(user.clerkId ?? '')
    return { user, isAdmin, expiresAt }
  } catch (error) {
    if (error instanceof Unauthenticated) throw withStatus(error.message, error.code, 401)
    if (!(error instanceof ProviderUnavailable)) throw error
    app.log.warn({ err: error.cause }, 'nobody could be let in: Clerk does not answer')
    throw withStatus(error.message, error.code, 503)
  }
}

const withStatus = (message: string, code: string, status: number) =>
  new GraphQLError(message, { extensions: { code, http: { status } } })

/** Timers hold 24.8 days at most; no token lives as long. */
const longestTimer = 2 ** 31 - 1

function lapse(viewer: Viewer, now: Date): AbortSignal {
  const left = viewer.expiresAt.getTime() - now.getTime()
  return AbortSignal.timeout(Math.min(Math.max(left, 0), longestTimer))
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error
}
