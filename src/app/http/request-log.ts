import type { ServerResponse } from 'node:http'
import { type ExecutionResult, type GraphQLError, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../graphql/context.ts'
import { type CurrentRequest, currentRequest } from '../../platform/observability/current-request.ts'
import type { Log } from '../../platform/observability/log.ts'
import { readClientName } from './client-name.ts'
import type { ObserveRequest } from './request-metrics.ts'
import { beginRequestSpan, type RequestSpan } from './request-span.ts'

/** The client chooses the operation name; GraphQL allows letters, digits and underscores of any length. */
const maxNameLength = 100

/** What is notified of each request. */
export interface RequestObservers {
  readonly log: Log
  readonly observe: ObserveRequest
}

/**
 * Answers a request and logs one line once its response is sent or its client has disconnected; for a stream that is
 * its end. Every line logged meanwhile carries its id.
 */
export async function answerLogged(
  observers: RequestObservers,
  response: ServerResponse,
  { id, route, operation }: { readonly id: string; readonly route: string; readonly operation?: string },
  answer: (request: CurrentRequest) => Promise<void>,
): Promise<void> {
  const request: CurrentRequest = {
    id,
    client: readClientName(response.req.headers),
    codes: new Set(),
    isAnswered: false,
    ...(operation ? { operation } : {}),
  }
  const span = beginRequestSpan(response.req, route, request)
  logWhenAnswered(observers, response, { route, request, span })
  try {
    await span.run(() => currentRequest.run(request, () => answer(request)))
  } finally {
    request.isAnswered = true
  }
}

function logWhenAnswered(
  { log, observe }: RequestObservers,
  response: ServerResponse,
  { route, request, span }: { readonly route: string; readonly request: CurrentRequest; readonly span: RequestSpan },
): void {
  const began = performance.now()
  const answered = observe(response)
  response.once('close', () => {
    const { id, userId, client, operation, codes, streamEnd } = request
    const durationMs = performance.now() - began
    // A client that disconnects before the response begins has received no status.
    const status = response.headersSent ? response.statusCode : undefined
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
  })
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

export function noteUser(viewer: Viewer | null): void {
  const request = currentRequest.getStore()
  if (request && viewer) request.userId = viewer.user.id
}
