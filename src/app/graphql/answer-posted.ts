import type { IncomingMessage } from 'node:http'
import type { ExecutionResult } from 'graphql'
import { type FetchAPI, type GraphQLParams, isAsyncIterable, processRegularResult } from 'graphql-yoga'
import { acceptedTypes, type JsonType } from '../http/accepted-types.ts'
import type { Exchange } from '../http/exchange.ts'
import { noteErrors } from '../http/request-log.ts'
import type { AskedOperation, GraphqlServer } from './graphql-server.ts'
import { writeEvents } from './write-events.ts'

/**
 * Runs the operation of a JSON POST and writes its answer from here: what the fetch API would put around it costs more
 * than most operations do. False for what is left to it: bodies that are no operation, and clients that take neither
 * JSON nor events.
 */
export async function answerPosted(graphql: GraphqlServer, exchange: Exchange, body: Buffer): Promise<boolean> {
  const { request, response, asker, stallSeconds } = exchange
  const params = readParams(body)
  const accepted = acceptedTypes(request.headers.accept)
  if (!params || (accepted.json === null && (accepted.multipart || !accepted.events))) return false

  const result = await graphql.run({ params, request: lookedAt(request, exchange.url) }, asker)
  if (isAsyncIterable(result) && !accepted.events) {
    await result[Symbol.asyncIterator]().return?.()
    response.writeHead(406, { accept: 'text/event-stream' }).end()
    return true
  }
  // Every byte that leaves puts it off; streams have their pings.
  response.setTimeout(stallSeconds * 1_000, () => response.destroy())
  if (isAsyncIterable(result)) {
    response.writeHead(200, ofEvents)
    await writeEvents(response, textsOf(result), stallSeconds)
    return true
  }
  noteErrors(result)
  const { status, headers, text } = toAnswer(result, accepted.json ?? 'application/json')
  if (accepted.json === null) {
    response.writeHead(status, { ...headers, ...ofEvents })
    await writeEvents(response, single(text), stallSeconds)
    return true
  }
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
  return true
}

const ofEvents = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' }

function readParams(body: Buffer): GraphQLParams | null {
  try {
    const parsed: unknown = JSON.parse(body.toString())
    return typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : null
  } catch {
    return null
  }
}

/** In the form of the fetch API. */
function lookedAt({ headers }: IncomingMessage, url: URL): AskedOperation['request'] {
  const get = (name: string) => {
    const value = headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
  return { method: 'POST', url: url.href, headers: { get } }
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
  return processRegularResult(result, plainAnswers, type) as unknown as Answer
}
