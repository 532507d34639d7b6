import type { ServerResponse } from 'node:http'
import { type GraphQLError, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Viewer } from '../graphql/context.ts'
import { type CurrentRequest, currentRequest } from '../platform/current-request.ts'
import type { Log } from '../platform/log.ts'

/** A name is the client's word; GraphQL allows it letters, digits and underscores, as many as it likes. */
const maxNameLength = 100

/**
 * Answers a request, and logs one line for it once its answer has left, or its client: for a stream that is its end.
 * Whatever is logged on the way carries its id.
 */
export async function answerLogged(
  log: Log,
  response: ServerResponse,
  { id, operation }: { readonly id: string; readonly operation?: string },
  answer: (request: CurrentRequest) => Promise<void>,
): Promise<void> {
  const request: CurrentRequest = { id, codes: new Set(), isAnswered: false, ...(operation ? { operation } : {}) }
  logWhenAnswered(log, response, request)
  try {
    await currentRequest.run(request, () => answer(request))
  } finally {
    request.isAnswered = true
  }
}

function logWhenAnswered(log: Log, response: ServerResponse, request: CurrentRequest): void {
  const began = performance.now()
  response.once('close', () => {
    const { id, userId, operation, codes } = request
    log.info(
      {
        requestId: id,
        userId,
        operation,
        // A client that is gone before the answer begins has got no status.
        status: response.headersSent ? response.statusCode : undefined,
        durationMs: Math.round(performance.now() - began),
        codes: codes.size > 0 ? [...codes] : undefined,
      },
      'request',
    )
  })
}

/** Notes what is asked, once it is known to be GraphQL, and the codes of the errors in the answer. */
export const noteForLog: Plugin = {
  onValidate: ({ context, params: { documentAST } }) => {
    const request = currentRequest.getStore()
    const operation = getOperationAST(documentAST, context.params.operationName)
    const name = operation?.name?.value.slice(0, maxNameLength) ?? operation?.operation
    if (request && name !== undefined) request.operation = name
  },
  // What a stream sends comes later; its errors are noted one by one, where they are masked.
  onResultProcess: ({ result }) => {
    if (!('errors' in result)) return
    for (const error of result.errors ?? []) noteCode(error)
  },
}

export function noteCode({ extensions }: GraphQLError): void {
  if (typeof extensions.code === 'string') currentRequest.getStore()?.codes.add(extensions.code)
}

export function noteUser(viewer: Viewer | null): void {
  const request = currentRequest.getStore()
  if (request && viewer) request.userId = viewer.user.id
}
