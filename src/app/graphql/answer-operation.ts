import type { IncomingMessage } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { type FetchAPI, isAsyncIterable, processRegularResult } from 'graphql-yoga'
import { withBoundedErrors } from '../../graphql/limits/bounded-errors.ts'
import type { AcceptedTypes, JsonType } from '../http/accepted-types.ts'
import type { Exchange } from '../http/exchange.ts'
import { refuse } from '../http/gates.ts'
import { noteErrors } from '../http/request-log.ts'
import type { AskedOperation, GraphqlServer } from './graphql-server.ts'
import { writeEvents } from './write-events.ts'

/**
 * Runs an operation and writes its answer from here: what the fetch API would put around it costs more than most
 * operations do.
 */
export async function answerOperation(
  graphql: GraphqlServer,
  { request, response, url, record, asker, stallSeconds }: Exchange,
  { params, bytes }: Pick<AskedOperation, 'params' | 'bytes'>,
  accepted: AcceptedTypes,
): Promise<void> {
  const result = await graphql.run({ params, bytes, request: lookedAt(request, url) }, asker)
  if (isAsyncIterable(result) && !accepted.events) {
    await result[Symbol.asyncIterator]().return?.()
    record.codes.add('NOT_ACCEPTABLE')
    response.setHeader('accept', 'text/event-stream')
    return refuse(response, 406, 'NOT_ACCEPTABLE', 'A subscription is answered by events: accept text/event-stream.')
  }
  // Every byte that leaves puts it off; streams have their pings.
  response.setTimeout(stallSeconds * 1_000, () => response.destroy())
  if (isAsyncIterable(result)) {
    response.writeHead(200, ofEvents)
    return writeEvents(response, textsOf(result), stallSeconds)
  }
  noteErrors(result)
  const { status, headers, text } = toAnswer(result, accepted.json ?? 'application/json')
  if (accepted.json === null) {
    response.writeHead(status, { ...headers, ...ofEvents })
    return writeEvents(response, single(text), stallSeconds)
  }
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}

const ofEvents = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

/** In the form of the fetch API. */
function lookedAt({ headers, method = 'GET' }: IncomingMessage, url: URL): AskedOperation['request'] {
  const get = (name: string) => {
    const value = headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
  return { method, url: url.href, headers: { get } }
}

async function* textsOf(results: AsyncIterable<ExecutionResult>): AsyncGenerator<string> {
  for await (const result of results) yield toAnswer(result, 'application/json').text
}

async function* single(text: string): AsyncGenerator<string> {
  yield text
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Stands where Yoga makes a Response, so that status, headers and text are decided by it alone. */
class PlainAnswer implements Answer {
  readonly text: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(text: string, { status, headers }: Omit<Answer, 'text'>) {
    this.text = text
    this.status = status
    this.headers = headers
  }
}

const plainAnswers = { Response: PlainAnswer } as unknown as FetchAPI

function toAnswer(result: ExecutionResult, type: JsonType): Answer {
  return processRegularResult(withBoundedErrors(result), plainAnswers, type) as unknown as Answer
}
