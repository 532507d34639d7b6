import { type ExecutionResult, GraphQLError } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { Context } from '../../graphql/context.ts'
import { currentRequest } from '../../platform/observability/current-request.ts'
import { retryAfter } from '../http/answer-timeout.ts'
import { type RequestContext, serverStopping } from '../http/request-context.ts'

export interface ExtendableContext {
  /** Lets a fresh token extend the stream, and resolves to its id; undefined where the connection does not allow it. */
  makeExtendable(): Promise<string | undefined>
}

type StreamContext = Context & RequestContext & ExtendableContext

/**
 * Limits the streams that a person has open in this process (each instance behind a balancer counts its own:
 * docs/decisions/0017). A stream that the server ends has an error with the reason as its last event.
 */
export function boundStreams(mostPerUser: number): Plugin<StreamContext> {
  const open = new Map<string, number>()
  return {
    async onSubscribe({ args, setResultAndStopExecution }) {
      const { viewer, disconnected, expired, unavailable, makeExtendable } = args.contextValue as StreamContext
      if (!viewer || disconnected.aborted) return
      const { id } = viewer.user
      const count = open.get(id) ?? 0
      if (count >= mostPerUser) return void setResultAndStopExecution({ errors: [tooManyStreams(count)] })
      open.set(id, count + 1)
      disconnected.addEventListener(
        'abort',
        () => {
          const left = (open.get(id) ?? 1) - 1
          if (left > 0) open.set(id, left)
          else open.delete(id)
        },
        { once: true },
      )
      const streamId = await makeExtendable()
      const record = currentRequest.getStore()
      if (record && streamId !== undefined) record.streamId = streamId
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) return
          const signals = { expired: expired(), unavailable: unavailable(), disconnected }
          setResult(withReason(result as AsyncIterable<ExecutionResult>, signals))
        },
      }
    },
  }
}

/** What ends a stream. They are referenced from here: a signal that nothing refers to is collected before it aborts. */
interface Signals {
  readonly disconnected: AbortSignal
  readonly expired: AbortSignal | null
  readonly unavailable: AbortSignal | null
}

async function* withReason(stream: AsyncIterable<ExecutionResult>, signals: Signals): AsyncGenerator<ExecutionResult> {
  yield* stream
  const reason = reasonOf(signals)
  if (reason) yield { errors: [reason] }
}

/** A new error each time: Yoga masks and reports an error object once only. */
function reasonOf({ disconnected, expired, unavailable }: Signals): GraphQLError | null {
  if (unavailable?.aborted) {
    return new GraphQLError('This account was banned or deleted. The stream cannot be opened again.', {
      extensions: { code: 'ACCOUNT_UNAVAILABLE' },
    })
  }
  if (disconnected.reason === serverStopping) {
    return new GraphQLError('The server is stopping. Reconnect.', {
      extensions: { code: 'SERVER_STOPPING' },
    })
  }
  if (expired?.aborted) {
    return new GraphQLError('The session token has expired. Reconnect with a new token.', {
      extensions: { code: 'TOKEN_EXPIRED' },
    })
  }
  return null
}

function tooManyStreams(count: number): GraphQLError {
  return new GraphQLError(`You have ${count} open streams, which is the maximum. Close one first.`, {
    extensions: { code: 'TOO_MANY_STREAMS', http: { status: 429, headers: retryAfter } },
  })
}
