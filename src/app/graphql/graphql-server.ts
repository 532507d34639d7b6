import { type ExecutionResult, GraphQLError } from 'graphql'
import { createYoga, type GraphiQLOptions, type YogaServerInstance } from 'graphql-yoga'
import type { Context, Viewer } from '../../graphql/context.ts'
import { toClientError } from '../../graphql/errors.ts'
import { boundedDocument } from '../../graphql/limits/document.ts'
import { boundedValidation } from '../../graphql/limits/validation.ts'
import { localizationOf } from '../../graphql/localization.ts'
import { type OperationRequest, runOperation } from '../../platform/compat/yoga-engine.ts'
import type { Database } from '../../platform/database/db.ts'
import { createEventStreams } from '../../platform/event-streams/event-streams.ts'
import { english } from '../../platform/messages/format-message.ts'
import { currentRequest } from '../../platform/observability/current-request.ts'
import type { Log } from '../../platform/observability/log.ts'
import type { RateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import type { App } from '../app.ts'
import { retryAfter } from '../http/answer-timeout.ts'
import type { RequestContext } from '../http/request-context.ts'
import { noteCode, noteForLog, noteUser } from '../http/request-log.ts'
import { boundStreams, type ExtendableContext } from './bound-streams.ts'
import { buildSchema } from './build-schema.ts'
import { checkLargeVariables, type Sized } from './check-large-variables.ts'
import { readClientManifests } from './client-manifests.ts'
import { countDeprecated } from './count-deprecated.ts'
import { cacheDocuments } from './document-cache.ts'
import { guardImpersonation } from './guard-impersonation.ts'
import { guardOperations, payerOf } from './guard-operations.ts'
import { readSentTexts } from './operation-manifest.ts'
import { persistedOperations } from './persisted-operations.ts'
import { queriesByGet } from './queries-by-get.ts'
import { rateLimited } from './rate-limited.ts'
import { readViewer } from './read-viewer.ts'
import { recordSelectedFields } from './record-selected-fields.ts'
import { createTokenExpiry, streamOwnerOf, type TokenExpiry } from './token-expiry.ts'
import { traceOperations } from './trace-operations.ts'
import { watchUsers } from './watch-users.ts'

/** GraphiQL: its page and its initial options. Present in development only. */
export interface GraphiqlPage {
  options(app: { readonly db: Database }): Promise<GraphiQLOptions>
  render(options: GraphiQLOptions): Promise<string>
}

/** `recordSelectedFields` adds the rest. */
type BuiltContext = Omit<Context, 'selectedFields'> & ExtendableContext

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
  /** Checks the token of a WebSocket, as each of its operations does again. */
  authenticate(authorization: string | null): Promise<Authentication>
  /** Extends a stream of the token's user, which any process has open, to the expiry of the token. */
  extendStream(streamId: string, authorization: string | null, requester: RequestContext): Promise<StreamExtension>
}

/** Who a token belongs to (nobody without one), or why it is not accepted. */
export type Authentication =
  | { readonly viewer: Viewer | null; readonly error?: undefined }
  | { readonly viewer?: undefined; readonly error: GraphQLError }

/** The new expiry of a stream, or why it was not extended. */
export type StreamExtension = { readonly expiresAt: Date } | { readonly errors: readonly GraphQLError[] }

export interface RequestedOperation extends OperationRequest, Sized {}

/** Yoga with our schema. The HTTP server (server.ts) has checked and read the request before. */
export function createGraphqlServer(app: App, limiter: RateLimiter, graphiql: GraphiqlPage | null): GraphqlServer {
  const { log, db, notifications, clock, metrics, config, services } = app
  const isOpen = config.mode === 'development'
  const maskError = errorMask(log)
  const manifest = new Map([...readSentTexts(), ...readClientManifests(config.persistedManifests)])
  const watchUser = watchUsers({ db, notifications, log })
  const eventStreams = createEventStreams(db)
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
      persistedOperations({ only: config.persistedOnly, manifest, limits: config.limits }),
      cacheDocuments({ limiter, limits: config.limits, ours: new Set(manifest.values()) }),
      queriesByGet,
      boundedDocument,
      boundedValidation({ isOpen }),
      noteForLog,
      recordSelectedFields,
      countDeprecated(metrics, config.clientNames),
      guardOperations({ limiter, limits: config.limits, showCost: isOpen }),
      guardImpersonation({ db, clock, mayWrite: config.clerk.impersonation === 'write' }),
      checkLargeVariables,
      boundStreams(config.limits.streamsPerUser),
      ...(config.tracing ? [traceOperations] : []),
    ],
    maskedErrors: { maskError },
    context: async ({ request, disconnected, isExtendable }) => {
      const viewer = await readViewer(app, request.headers.get('authorization'))
      const localization = () => localizationOf(request.headers.get('accept-language'), viewer?.user ?? null)
      noteUser(viewer, localization)
      let expiry: TokenExpiry | null = null
      const tokenExpiry = () => {
        if (viewer) expiry ??= createTokenExpiry({ viewer, disconnected, eventStreams, clock, log })
        return expiry
      }
      const expired = () => tokenExpiry()?.signal() ?? null
      let banned: AbortSignal | null = null
      const unavailable = () => {
        if (viewer) banned ??= watchUser(viewer.user.id, disconnected)
        return banned
      }
      return {
        viewer,
        localization,
        db,
        clock,
        services,
        expired,
        unavailable,
        makeExtendable: async () => (isExtendable ? tokenExpiry()?.makeExtendable() : undefined),
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
    async authenticate(authorization) {
      try {
        return { viewer: await readViewer(app, authorization) }
      } catch (error) {
        return { error: maskError(error) }
      }
    },
    async extendStream(streamId, authorization, { address }) {
      try {
        const viewer = await readViewer(app, authorization)
        noteUser(viewer)
        if (!viewer) throw noToken()
        const limit = { name: 'requests-of-user', ...config.limits.requestsPerUser }
        const seconds = await limiter.take(limit, payerOf({ viewer, address }))
        if (seconds !== null) throw rateLimited(limit, seconds)
        const stream = { ...streamOwnerOf(viewer), id: streamId }
        const expiresAt = await eventStreams.extend(stream, viewer.expiresAt)
        if (!expiresAt) throw noStream()
        return { expiresAt }
      } catch (error) {
        return { errors: [maskError(error)] }
      }
    },
  }
}

const noToken = () =>
  new GraphQLError('Send a session token as `Authorization: Bearer …`.', {
    extensions: { code: 'UNAUTHENTICATED', http: { status: 401, headers: { 'www-authenticate': 'Bearer' } } },
  })

const noStream = () =>
  new GraphQLError('You have no open stream with this id. Open the subscription again.', {
    extensions: { code: 'NOT_FOUND', http: { status: 404 } },
  })

function errorMask(log: Log): (error: unknown) => GraphQLError {
  return (error) => {
    const shown = toClientError(error, currentRequest.getStore()?.localization?.() ?? english)
    noteCode(shown)
    const isUnavailable = shown.extensions.code === 'SERVICE_UNAVAILABLE'
    if (!isUnavailable && shown.extensions.code !== 'INTERNAL_SERVER_ERROR') return shown
    log.error({ err: originalOf(error) }, 'a request failed')
    // No field was executed, so the failure is shown in the HTTP status too.
    if (!shown.path) shown.extensions.http = isUnavailable ? { status: 503, headers: retryAfter } : { status: 500 }
    return shown
  }
}

function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error
}
