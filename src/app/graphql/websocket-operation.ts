import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ExecutionResult, GraphQLError } from 'graphql'
import { type GraphQLParams, isAsyncIterable } from 'graphql-yoga'
import { toPartialRequest } from '../../platform/compat/yoga-engine.ts'
import { clientDisconnected } from '../http/request-context.ts'
import { beginLogged, type LoggedRequest, noteErrors, type RequestObservers } from '../http/request-log.ts'
import type { GraphqlServer } from './graphql-server.ts'
import { endAfter, endBy, type Interruption, interruptionOf, type StreamEnd } from './stream-end.ts'
import { toAnswer } from './to-answer.ts'

/** An operation that a client has sent over its WebSocket. */
export interface Operation {
  readonly params: GraphQLParams
  readonly bytes: number
  /** The token of its connection, as an Authorization header would have it. */
  readonly authorization: string | null
  /** Whether it is a subscription whose stream is open. */
  isStream: boolean
  /** Why the server has closed the connection; null where the client has disconnected. */
  interruption: Interruption | null
  /** Ends it with its connection. */
  abort: () => void
}

/** What an operation needs of its connection. */
export interface Ends {
  /** The stream of the operation has ended. */
  end(): void
  /** Closes the connection, since its token has expired. */
  expire(): void
  fail(error: unknown): void
  readonly closed: Promise<unknown>
}

/** Errors about the whole operation, none of which was executed; or its result, or its stream. */
export type Outcome =
  | { readonly refusals: readonly GraphQLError[] }
  | { readonly result: ExecutionResult | AsyncGenerator<ExecutionResult, void> }

/** What an operation needs of its process, and of the handshake of its connection. */
export interface OperationOptions {
  readonly graphql: GraphqlServer
  readonly observers: RequestObservers
  /** The handshake. */
  readonly request: IncomingMessage
  readonly url: URL
  readonly address: string
}

/** Runs an operation as a POST request would, with a line in the log and in the metrics when it has ended. */
export async function runOverWebSocket(options: OperationOptions, operation: Operation, ends: Ends): Promise<Outcome> {
  const { graphql, observers, request, url, address } = options
  const disconnected = new AbortController()
  operation.abort = () => disconnected.abort(clientDisconnected)
  const labels = { id: randomUUID(), route: url.pathname }
  const logged = beginLogged(observers, request, labels, () => operation.isStream)
  const { params, bytes } = operation
  const requester = { disconnected: disconnected.signal, address, isExtendable: false }
  const result = await logged.run(() =>
    graphql.run({ params, bytes, request: asPost(request, url, operation.authorization) }, requester),
  )
  if (isAsyncIterable(result)) {
    operation.isStream = true
    return { result: streamOf(result, { logged, disconnected, operation, ends }) }
  }
  logged.run(() => noteErrors(result))
  logged.end(toAnswer(result, 'application/json').status)
  disconnected.abort(clientDisconnected)
  return result.errors && result.data === undefined ? { refusals: result.errors } : { result }
}

interface Stream {
  readonly logged: LoggedRequest
  readonly disconnected: AbortController
  readonly operation: Operation
  readonly ends: Ends
}

/**
 * The events of a subscription. When the token has expired it waits for the end of the connection, so that graphql-ws sends no
 * `complete`: the client opens the stream again.
 */
function streamOf(
  results: AsyncIterable<ExecutionResult>,
  { logged, disconnected, operation, ends }: Stream,
): AsyncGenerator<ExecutionResult, void> {
  const { record } = logged
  const source = results[Symbol.asyncIterator]()
  let last: ExecutionResult = {}
  let hasEnded = false
  const end = (streamEnd: StreamEnd) => {
    if (hasEnded) return
    hasEnded = true
    const { interruption } = operation
    if (interruption) record.codes.add(interruption)
    record.streamEnd = interruption ? endBy(interruption) : streamEnd
    record.isAnswered = true
    logged.end(200)
    disconnected.abort(clientDisconnected)
    ends.end()
  }
  const done = { done: true, value: undefined } as const
  return {
    async next() {
      try {
        const { done: isDone, value } = await logged.run(() => source.next())
        if (isDone) {
          end(disconnected.signal.aborted ? 'disconnected' : endAfter(last))
          return done
        }
        last = value
        for (const { extensions } of last.errors ?? []) record.codes.add(String(extensions.code))
        if (interruptionOf(last) === null) return { done: false, value: last }
        end(endAfter(last))
        ends.expire()
        await ends.closed
        return done
      } catch (error) {
        end('error')
        ends.fail(error)
        return done
      }
    },
    async return() {
      end('disconnected')
      await source.return?.()
      return done
    },
    async throw(error) {
      end('error')
      await source.return?.()
      throw error
    },
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return()
    },
  }
}

/** The handshake as the request of an operation: a POST with the token of the connection. */
function asPost(request: IncomingMessage, url: URL, authorization: string | null) {
  const { headers } = toPartialRequest(request, url)
  const get = (name: string) => (name.toLowerCase() === 'authorization' ? authorization : headers.get(name))
  return { method: 'POST', url: url.href, headers: { get } }
}

/** A result as it is sent: with bounded errors, and without what is meant for HTTP. */
export function payloadOf(result: ExecutionResult): ExecutionResult {
  return result.errors ? JSON.parse(toAnswer(result, 'application/json').text) : result
}
