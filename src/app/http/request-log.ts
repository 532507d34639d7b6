import type { ServerResponse } from 'node:http'
import { type ExecutionResult, type GraphQLError, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../../graphql/context.ts'
import { type CurrentRequest, currentRequest } from '../../platform/watching/current-request.ts'
import type { Log } from '../../platform/watching/log.ts'
import type { ObserveRequest } from './request-metrics.ts'
import { beginRequestSpan, type RequestSpan } from './request-span.ts'

/** A name is the client's word; GraphQL allows it letters, digits and underscores, as many as it likes. */
const maxNameLength = 100

/** Who hears of each request. */
export interface Watchers {
  readonly log: Log
  readonly observe: ObserveRequest
}

/**
 * Answers a request, and logs one line for it once its answer has left, or its client: for a stream that is its end.
 * Whatever is logged on the way carries its id.
 */
export async function answerLogged(
  watchers: Watchers,
  response: ServerResponse,
  { id, route, operation }: { readonly id: string; readonly route: string; readonly operation?: string },
  answer: (request: CurrentRequest) => Promise<void>,
): Promise<void> {
  const request: CurrentRequest = { id, codes: new Set(), isAnswered: false, ...(operation ? { operation } : {}) }
  const span = beginRequestSpan(response.req, route, request)
  tellWhenAnswered(watchers, response, { route, request, span })
  try {
    await span.run(() => currentRequest.run(request, () => answer(request)))
  } finally {
    request.isAnswered = true
  }
}

function tellWhenAnswered(
  { log, observe }: Watchers,
  response: ServerResponse,
  { route, request, span }: { readonly route: string; readonly request: CurrentRequest; readonly span: RequestSpan },
): void {
  const began = performance.now()
  const answered = observe(response)
  response.once('close', () => {
    const { id, userId, operation, codes } = request
    const durationMs = performance.now() - began
    // A client that is gone before the answer begins has got no status.
    const status = response.headersSent ? response.statusCode : undefined
    log.info(
      {
        requestId: id,
        userId,
        operation,
        status,
        durationMs: Math.round(durationMs),
        codes: codes.size > 0 ? [...codes] : undefined,
      },
      'request',
    )
    const asked = operation === route ? undefined : operation
    answered({ route, status, operation: asked, codes, seconds: durationMs / 1_000 })
    span.end(status)
  })
}

/** Notes what is asked, once it is known to be GraphQL, and the codes of the errors in the answer. */
export const noteForLog: Plugin = {
  onValidate: ({ context, params: { documentAST } }) => {
    const request = currentRequest.getStore()
    const operation = getOperationAST(documentAST, context.params.operationName)
    if (!request || !operation) return
    request.operation = nameOf(operation)
    request.rootFields = rootFieldsOf(operation)
  },
  // What a stream sends comes later; its errors are noted one by one, where they are masked.
  onResultProcess: ({ result }) => {
    if ('errors' in result) noteErrors(result)
  },
}

export function noteErrors({ errors = [] }: ExecutionResult): void {
  for (const error of errors) noteCode(error)
}

/** The client's word for it, or what it is: query. */
export function nameOf({ name, operation }: OperationDefinitionNode): string {
  return name?.value.slice(0, maxNameLength) ?? operation
}

function rootFieldsOf({ selectionSet }: OperationDefinitionNode): string[] {
  return [...new Set(selectionSet.selections.map((asked) => (asked.kind === Kind.FIELD ? asked.name.value : '...')))]
}

export function noteCode({ extensions }: GraphQLError): void {
  if (typeof extensions.code === 'string') currentRequest.getStore()?.codes.add(extensions.code)
}

export function noteUser(viewer: Viewer | null): void {
  const request = currentRequest.getStore()
  if (request && viewer) request.userId = viewer.user.id
}
