import type { ExecutionResult } from 'graphql'
import { isAsyncIterable } from 'graphql-yoga'
import { withBoundedErrors } from '../../graphql/limits/bounded-errors.ts'
import { type PlainResponse, toPartialRequest, toPlainResponse } from '../../platform/compat/yoga-engine.ts'
import type { CurrentRequest } from '../../platform/observability/current-request.ts'
import type { AcceptedTypes, JsonType } from '../http/accepted-types.ts'
import type { Exchange } from '../http/exchange.ts'
import { refuse } from '../http/guards.ts'
import { noteErrors } from '../http/request-log.ts'
import type { GraphqlServer, RequestedOperation } from './graphql-server.ts'
import { endAfter } from './stream-end.ts'
import { writeEvents } from './write-events.ts'

/**
 * Runs an operation and writes the response without the objects of the fetch API, which cost more than most operations
 * do.
 */
export async function answerOperation(
  graphql: GraphqlServer,
  { request, response, url, record, requester, stallSeconds }: Exchange,
  { params, bytes }: Pick<RequestedOperation, 'params' | 'bytes'>,
  accepted: AcceptedTypes,
): Promise<void> {
  const result = await graphql.run({ params, bytes, request: toPartialRequest(request, url) }, requester)
  if (isAsyncIterable(result) && !accepted.events) {
    await result[Symbol.asyncIterator]().return?.()
    record.codes.add('NOT_ACCEPTABLE')
    response.setHeader('accept', 'text/event-stream')
    return refuse(
      response,
      406,
      'NOT_ACCEPTABLE',
      'Subscriptions are sent as server-sent events. Accept text/event-stream.',
    )
  }
  // Every byte that is sent restarts the timeout; streams send pings.
  response.setTimeout(stallSeconds * 1_000, () => response.destroy())
  if (isAsyncIterable(result)) {
    response.writeHead(200, eventHeaders)
    record.streamEnd = 'disconnected' // unless it ends otherwise
    return writeEvents(response, textsOf(result, record), stallSeconds)
  }
  noteErrors(result)
  const { status, headers, text } = toAnswer(result, accepted.json ?? 'application/json')
  if (accepted.json === null) {
    response.writeHead(status, { ...headers, ...eventHeaders })
    return writeEvents(response, single(text), stallSeconds)
  }
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

const eventHeaders = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

async function* textsOf(results: AsyncIterable<ExecutionResult>, record: CurrentRequest): AsyncGenerator<string> {
  let last: ExecutionResult = {}
  try {
    for await (const result of results) {
      last = result
      for (const { extensions } of result.errors ?? []) record.codes.add(String(extensions.code))
      yield toAnswer(result, 'application/json').text
    }
  } catch (error) {
    record.streamEnd = 'error'
    throw error
  }
  record.streamEnd = endAfter(last)
}

async function* single(text: string): AsyncGenerator<string> {
  yield text
}

function toAnswer(result: ExecutionResult, type: JsonType): PlainResponse {
  return toPlainResponse(withBoundedErrors(result), type)
}
