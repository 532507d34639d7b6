import { type ExecutionResult, GraphQLError } from 'graphql'
import { createYoga, type GraphiQLOptions, type GraphQLParams, type YogaServerInstance } from 'graphql-yoga'
import { checkoutAttempts } from '../../domains/billing/index.ts'
import { uploadCounter } from '../../domains/uploads/index.ts'
import { holdingPerson } from '../../domains/users/index.ts'
import type { Context, Viewer } from '../../graphql/context.ts'
import { toClientError } from '../../graphql/errors.ts'
import { boundedDocument } from '../../graphql/limits/document.ts'
import { boundedValidation } from '../../graphql/limits/validation.ts'
import type { RateLimiter } from '../../platform/limits/rate-limiter.ts'
import type { Log } from '../../platform/watching/log.ts'
import type { App } from '../app.ts'
import { retryAfter } from '../http/answer-in-time.ts'
import type { RequestContext } from '../http/request-context.ts'
import { noteCode, noteForLog, noteUser } from '../http/request-log.ts'
import { schema } from '../schema.ts'
import { uploadOwners } from '../upload-owners.ts'
import { boundStreams } from './bound-streams.ts'
import { checkLargeVariables, type Sized } from './check-large-variables.ts'
import { guardOperations } from './guard-operations.ts'
import { readManifest } from './known-operations.ts'
import { noteAsked } from './note-asked.ts'
import { persistedOperations } from './persisted-operations.ts'
import { queriesByGet } from './queries-by-get.ts'
import { readViewer } from './read-viewer.ts'
import { rememberDocuments } from './remembered-documents.ts'
import { traceOperations } from './trace-operations.ts'

/** GraphiQL in development: its page and what it opens with. Never given in production. */
export interface GraphiqlPage {
  options(): Promise<GraphiQLOptions>
  render(options: GraphiQLOptions): string
}

/** `noteAsked` adds the rest. */
type BuiltContext = Omit<Context, 'asked'>

type Yoga = YogaServerInstance<RequestContext, BuiltContext>

export interface GraphqlServer {
  /** Answers whatever there is, by the fetch API: GraphiQL's page. */
  readonly fetch: Yoga['fetch']
  readonly hasPage: boolean
  /** Runs one operation as `fetch` would, without what stands around it there (200 µs a request). */
  run(asked: AskedOperation, asker: RequestContext): Promise<ExecutionResult | AsyncIterable<ExecutionResult>>
}

export interface AskedOperation extends Sized {
  readonly params: GraphQLParams
  /** What plugins and the context look at of a request. */
  readonly request: Pick<Request, 'method' | 'url'> & { readonly headers: Pick<Headers, 'get'> }
}

/** Yoga over our schema. The HTTP front (server.ts) has bounded and read the request before it comes here. */
export function createGraphqlServer(app: App, limiter: RateLimiter, graphiql: GraphiqlPage | null): GraphqlServer {
  const { log, db, events, clock, metrics } = app
  const { config, emails, onArrival, usage, adapters } = app
  const { bucket, directory, revenueCat } = adapters
  const attemptCheckout = checkoutAttempts({ db, revenueCat, clock, log, metrics })
  const billing = { plans: config.plans, revenueCat, attemptCheckout }
  const countUpload = uploadCounter(metrics)
  const ports = { bucket, uploadOwners, countUpload, emails, onArrival, directory, usage, ...billing }
  const isOpen = config.mode === 'development'
  const maskError = errorMask(log)
  const manifest = readManifest()
  const yoga = createYoga<RequestContext, BuiltContext>({
    schema,
    logging: false,
    landingPage: false,
    batching: false,
    parserAndValidationCache: false, // rememberDocuments, which is bounded by bytes
    graphiql: graphiql ? () => graphiql.options() : false,
    ...(graphiql ? { renderGraphiQL: (options) => graphiql.render(options ?? {}) } : {}),
    cors: false, // server.ts says it, on its own refusals too
    extraParamNames: ['documentId'],
    plugins: [
      persistedOperations({ only: config.persistedOnly, manifest }),
      rememberDocuments({ limiter, limits: config.limits, ours: new Set(manifest.values()) }),
      queriesByGet,
      boundedDocument,
      boundedValidation({ isOpen }),
      noteForLog,
      noteAsked,
      guardOperations({ limiter, limits: config.limits, showCost: isOpen }),
      checkLargeVariables,
      boundStreams(config.limits.streamsPerUser),
      ...(config.tracing ? [traceOperations] : []),
    ],
    maskedErrors: { maskError },
    context: async ({ request, gone }) => {
      const viewer = await readViewer(app, request.headers.get('authorization'))
      noteUser(viewer)
      let lapsing: AbortSignal | null = null
      const lapsed = () => {
        if (viewer) lapsing ??= lapse(viewer, clock())
        return lapsing
      }
      return {
        viewer,
        db: viewer ? holdingPerson(db, viewer.user.id, clock) : db,
        events,
        clock,
        ports,
        lapsed,
        signal: () => AbortSignal.any([gone, lapsed()].filter((signal) => signal !== null)),
      }
    },
  })
  return {
    fetch: yoga.fetch,
    hasPage: graphiql !== null,
    async run({ params, request, bytes }, asker) {
      try {
        const asked = { params, request: request as Request }
        const context: RequestContext & Sized = { ...asker, bytes }
        const result = await yoga.getResultForParams(asked, context)
        return result ?? {}
      } catch (error) {
        // Refused before there was anything to run: no operation is known by the hash, or there is no text.
        return { errors: [maskError(error)] }
      }
    },
  }
}

function errorMask(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    const shown = toClientError(error)
    noteCode(shown)
    const isAway = shown.extensions.code === 'SERVICE_UNAVAILABLE'
    if (!isAway && shown.extensions.code !== 'INTERNAL_SERVER_ERROR') return shown
    log.error({ err: originalOf(error) }, 'a request failed')
    // No field was reached: who watches status codes shall see it too.
    if (!shown.path) shown.extensions.http = isAway ? { status: 503, headers: retryAfter } : { status: 500 }
    return shown
  }
}

/** Timers hold 24.8 days at most; no token lives as long. */
const longestTimer = 2 ** 31 - 1

function lapse(viewer: Viewer, now: Date): AbortSignal {
  const left = viewer.expiresAt.getTime() - now.getTime()
  return AbortSignal.timeout(Math.min(Math.max(left, 0), longestTimer))
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error
}
