import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ExecutionResult, type GraphQLError, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../graphql/context.ts'
import { localizationOf } from '../../graphql/localization.ts'
import type { Localization } from '../../platform/messages/format-message.ts'
import { type CurrentRequest, currentRequest } from '../../platform/observability/current-request.ts'
import type { Log } from '../../platform/observability/log.ts'
import { readClientName } from './client-name.ts'
import type { ObserveRequest } from './request-metrics.ts'
import { beginRequestSpan } from './request-span.ts'

/** The client chooses the operation name; GraphQL allows letters, digits and underscores of any length. */
const maxNameLength = 100

/** What is notified of each request. */
export interface RequestObservers {
  readonly log: Log
  readonly observe: ObserveRequest
}

/** A request whose end is logged and measured. */
export interface LoggedRequest {
  readonly record: CurrentRequest
  /** Runs work of the request: lines that it logs carry the id of the request. */
  run<Result>(work: () => Result): Result
  /** Logs the request. The status is undefined where the client disconnected before the response began. */
  end(status: number | undefined): void
}

/** What the line of a request begins with. */
export interface RequestLabels {
  readonly id: string
  readonly route: string
  readonly operation?: string
}

/**
 * Answers a request and logs one line once its response is sent or its client has disconnected; for a stream that is
 * its end. Every line logged meanwhile carries its id.
 */
export async function answerLogged(
  observers: RequestObservers,
  response: ServerResponse,
  labels: RequestLabels,
  answer: (request: CurrentRequest) => Promise<void>,
): Promise<void> {
  const logged = beginLogged(observers, response.req, labels, () => isStreamResponse(response))
  // A client that disconnects before the response begins has received no status.
  response.once('close', () => logged.end(response.headersSent ? response.statusCode : undefined))
  try {
    await logged.run(() => answer(logged.record))
  } finally {
    logged.record.isAnswered = true
  }
}

/** Begins a request, of which there may be many on one WebSocket. `isStream` says whether its response is a stream. */
export function beginLogged(
  { log, observe }: RequestObservers,
  message: IncomingMessage,
  { id, route, operation: label }: RequestLabels,
  isStream: () => boolean,
): LoggedRequest {
  const record: CurrentRequest = {
    id,
    client: readClientName(message.headers),
    localization: () => localizationOf(message.headers['accept-language'] ?? null, null),
    codes: new Set(),
    isAnswered: false,
    ...(label ? { operation: label } : {}),
  }
  const span = beginRequestSpan(message, route, record)
  const began = performance.now()
  const answered = observe(isStream)
  return {
    record,
    run: (work) => span.run(() => currentRequest.run(record, work)),
    end(status) {
      const { userId, client, operation, codes, streamEnd } = record
      const durationMs = performance.now() - began
      const line = {
        requestId: id,
        userId,
        operation,
        client: client?.name,
        clientVersion: client?.version ?? undefined,
        status,
        durationMs: Math.round(durationMs),
        codes: codes.size > 0 ? [...codes] : undefined,
        streamEnd,
      }
      span.run(() => log.info(line, 'request'))
      const graphqlOperation = operation === route ? undefined : operation
      answered({
        route,
        status,
        operation: graphqlOperation,
        client: client ?? null,
        codes,
        streamEnd,
        seconds: durationMs / 1_000,
      })
      span.end(status)
    },
  }
}

/** The duration of a stream depends on the client, so it is not measured. */
function isStreamResponse(response: ServerResponse): boolean {
  const type = String(response.getHeader('content-type'))
  return response.headersSent && (type.startsWith('text/event-stream') || type.startsWith('multipart/mixed'))
}

/** Records the operation, once it is validated, and the error codes of the response. */
export const noteForLog: Plugin = {
  onValidate: ({ context, params: { documentAST } }) => {
    const request = currentRequest.getStore()
    const operation = getOperationAST(documentAST, context.params.operationName)
    if (!request || !operation) return
    request.operation = nameOf(operation)
    request.rootFields = rootFieldsOf(operation)
  },
  // The errors of a stream's events are recorded as they are written (answer-operation.ts).
  onResultProcess: ({ result }) => {
    if ('errors' in result) noteErrors(result)
  },
}

export function noteErrors({ errors = [] }: ExecutionResult): void {
  for (const error of errors) noteCode(error)
}

/** The operation's name, or its kind: query. */
export function nameOf({ name, operation }: OperationDefinitionNode): string {
  return name?.value.slice(0, maxNameLength) ?? operation
}

function rootFieldsOf({ selectionSet }: OperationDefinitionNode): string[] {
  return [
    ...new Set(
      selectionSet.selections.map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : '...')),
    ),
  ]
}

export function noteCode({ extensions }: GraphQLError): void {
  if (typeof extensions.code === 'string') currentRequest.getStore()?.codes.add(extensions.code)
}

/** Records the user, and how the user reads the messages of errors, where that is known. */
export function noteUser(viewer: Viewer | null, localization?: () => Localization): void {
  const request = currentRequest.getStore()
  if (request && localization) request.localization = localization
  if (request && viewer) request.userId = viewer.user.id
}
