import { type ExecutionResult, GraphQLError } from 'graphql'
import { createYoga, type GraphiQLOptions, type YogaServerInstance } from 'graphql-yoga'
import type { Context, Viewer } from '../../graphql/context.ts'
import { toClientError } from '../../graphql/errors.ts'
import { boundedDocument } from '../../graphql/limits/document.ts'
import { boundedValidation } from '../../graphql/limits/validation.ts'
import { type OperationRequest, runOperation } from '../../platform/compat/yoga-engine.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Log } from '../../platform/observability/log.ts'
import type { RateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import type { App } from '../app.ts'
import { retryAfter } from '../http/answer-timeout.ts'
import type { RequestContext } from '../http/request-context.ts'
import { noteCode, noteForLog, noteUser } from '../http/request-log.ts'
import { boundStreams } from './bound-streams.ts'
import { buildSchema } from './build-schema.ts'
import { checkLargeVariables, type Sized } from './check-large-variables.ts'
import { cacheDocuments } from './document-cache.ts'
import { guardImpersonation } from './guard-impersonation.ts'
import { guardOperations } from './guard-operations.ts'
import { readManifest } from './operation-manifest.ts'
import { persistedOperations } from './persisted-operations.ts'
import { queriesByGet } from './queries-by-get.ts'
import { readViewer } from './read-viewer.ts'
import { recordSelectedFields } from './record-selected-fields.ts'
import { traceOperations } from './trace-operations.ts'
import { watchUsers } from './watch-users.ts'

/** GraphiQL: its page and its initial options. Present in development only. */
export interface GraphiqlPage {
  options(app: { readonly db: Database }): Promise<GraphiQLOptions>
  render(options: GraphiQLOptions): string
}

/** `recordSelectedFields` adds the rest. */
type BuiltContext = Omit<Context, 'selectedFields'>

type Yoga = YogaServerInstance<RequestContext, BuiltContext>

export interface GraphqlServer {
  /** Handles a request of the fetch API: for the page of GraphiQL. */
  readonly fetch: Yoga['fetch']
  readonly hasPage: boolean
  /** Runs one operation as `fetch` would, without the objects of the fetch API (200 µs a request). */
  run(
    operation: RequestedOperation,
    requester: RequestContext,
  ): Promise<ExecutionResult | AsyncIterable<ExecutionResult>>
}

export interface RequestedOperation extends OperationRequest, Sized {}

/** Yoga with our schema. The HTTP server (server.ts) has checked and read the request before. */
export function createGraphqlServer(app: App, limiter: RateLimiter, graphiql: GraphiqlPage | null): GraphqlServer {
  const { log, db, notifications, clock, config, services } = app
  const isOpen = config.mode === 'development'
  const maskError = errorMask(log)
  const manifest = readManifest()
  const watchUser = watchUsers({ db, notifications, log })
  const yoga = createYoga<RequestContext, BuiltContext>({
    schema: buildSchema(app.domains),
    logging: false,
    landingPage: false,
    batching: false,
    parserAndValidationCache: false, // cacheDocuments does it, bounded by bytes
    graphiql: graphiql ? () => graphiql.options({ db }) : false,
    ...(graphiql ? { renderGraphiQL: (options) => graphiql.render(options ?? {}) } : {}),
    cors: false, // server.ts sets the headers, also where it refuses a request itself
    extraParamNames: ['documentId'],
    plugins: [
      persistedOperations({ only: config.persistedOnly, manifest }),
      cacheDocuments({ limiter, limits: config.limits, ours: new Set(manifest.values()) }),
      queriesByGet,
      boundedDocument,
      boundedValidation({ isOpen }),
      noteForLog,
      recordSelectedFields,
      guardOperations({ limiter, limits: config.limits, showCost: isOpen }),
      guardImpersonation({ db, clock, mayWrite: config.clerk.impersonation === 'write' }),
      checkLargeVariables,
      boundStreams(config.limits.streamsPerUser),
      ...(config.tracing ? [traceOperations] : []),
    ],
    maskedErrors: { maskError },
    context: async ({ request, disconnected }) => {
      const viewer = await readViewer(app, request.headers.get('authorization'))
      noteUser(viewer)
      let expiry: AbortSignal | null = null
      const expired = () => {
        if (viewer) expiry ??= expirySignal(viewer, clock())
        return expiry
      }
      let banned: AbortSignal | null = null
      const unavailable = () => {
        if (viewer) banned ??= watchUser(viewer.user.id, disconnected)
        return banned
      }
      return {
        viewer,
        db,
        clock,
        services,
        expired,
        unavailable,
        signal: () => AbortSignal.any([disconnected, expired(), unavailable()].filter((signal) => signal !== null)),
      }
    },
  })
  return {
    fetch: yoga.fetch,
    hasPage: graphiql !== null,
    async run({ params, request, bytes }, requester) {
      try {
        const context: RequestContext & Sized = { ...requester, bytes }
        return await runOperation(yoga, { params, request }, context)
      } catch (error) {
        // Refused before an operation was found: the hash is unknown, or there is no document.
        return { errors: [maskError(error)] }
      }
    },
  }
}

function errorMask(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    const shown = toClientError(error)
    noteCode(shown)
    const isUnavailable = shown.extensions.code === 'SERVICE_UNAVAILABLE'
    if (!isUnavailable && shown.extensions.code !== 'INTERNAL_SERVER_ERROR') return shown
    log.error({ err: originalOf(error) }, 'a request failed')
    // No field was executed, so the failure is shown in the HTTP status too.
    if (!shown.path) shown.extensions.http = isUnavailable ? { status: 503, headers: retryAfter } : { status: 500 }
    return shown
  }
}

/** The longest delay of a timer, 24.8 days; no token lives so long. */
const longestTimer = 2 ** 31 - 1

function expirySignal(viewer: Viewer, now: Date): AbortSignal {
  const left = viewer.expiresAt.getTime() - now.getTime()
  return AbortSignal.timeout(Math.min(Math.max(left, 0), longestTimer))
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error
}
