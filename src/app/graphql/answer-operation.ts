import type { ExecutionResult } from 'graphql'
import { isAsyncIterable } from 'graphql-yoga'
import { toPartialRequest } from '../../platform/compat/yoga-engine.ts'
import type { CurrentRequest } from '../../platform/observability/current-request.ts'
import type { AcceptedTypes } from '../http/accepted-types.ts'
import type { Exchange } from '../http/exchange.ts'
import { refuse } from '../http/guards.ts'
import { noteErrors } from '../http/request-log.ts'
import type { GraphqlServer, RequestedOperation } from './graphql-server.ts'
import { endAfter, interruptionOf } from './stream-end.ts'
import { multipartEvents, type StreamFormat, serverSentEvents } from './stream-formats.ts'
import { toAnswer } from './to-answer.ts'
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
  const format = formatOf(accepted)
  // Every byte that is sent restarts the timeout; streams send pings.
  response.setTimeout(stallSeconds * 1_000, () => response.destroy())
  if (isAsyncIterable(result)) {
    if (!format) {
      await result[Symbol.asyncIterator]().return?.()
      record.codes.add('NOT_ACCEPTABLE')
      response.setHeader('accept', 'text/event-stream, multipart/mixed;subscriptionSpec=1.0')
      return refuse(
        response,
        406,
        'NOT_ACCEPTABLE',
        'Subscriptions are sent as server-sent events or multipart. Accept text/event-stream or multipart/mixed;subscriptionSpec=1.0.',
      )
    }
    if (record.streamId !== undefined) response.setHeader('x-stream-id', record.streamId)
    response.writeHead(200, headersOf(format))
    record.streamEnd = 'disconnected' // unless it ends otherwise
    return writeEvents(response, chunksOf(result, format, record), format, stallSeconds)
  }
  noteErrors(result)
  const { status, headers, text } = toAnswer(result, accepted.json ?? 'application/json')
  if (accepted.json === null && format) {
    response.writeHead(status, { ...headers, ...headersOf(format) })
    return writeEvents(response, single(text, format), format, stallSeconds)
  }
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

/** Multipart only for clients that name its version: browsers and other clients accept any type. */
function formatOf(accepted: AcceptedTypes): StreamFormat | null {
  if (accepted.multipartSubscriptions) return multipartEvents
  return accepted.events ? serverSentEvents : null
}

const headersOf = ({ contentType }: StreamFormat) => ({ 'Content-Type': contentType, 'Cache-Control': 'no-cache' })

async function* chunksOf(
  results: AsyncIterable<ExecutionResult>,
  format: StreamFormat,
  record: CurrentRequest,
): AsyncGenerator<string> {
  let last: ExecutionResult = {}
  try {
    for await (const result of results) {
      last = result
      for (const { extensions } of result.errors ?? []) record.codes.add(String(extensions.code))
      if (interruptionOf(result) === null) yield format.event(toAnswer(result, 'application/json').text)
    }
  } catch (error) {
    record.streamEnd = 'error'
    throw error
  }
  record.streamEnd = endAfter(last)
  const interruption = interruptionOf(last)
  yield interruption ? format.interruption(interruption) : format.complete
}

async function* single(text: string, format: StreamFormat): AsyncGenerator<string> {
  yield format.event(text)
  yield format.complete
}
