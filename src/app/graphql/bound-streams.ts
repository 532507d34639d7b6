import { type ExecutionResult, GraphQLError } from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { Context } from '../../graphql/context.ts'
import type { RequestContext } from '../http/request-context.ts'

/**
 * A person has at most so many streams open in this process (each instance behind a balancer counts its own: docs/
 * decisions/0017), and is told why one ends that would have gone on.
 */
export function boundStreams(mostPerUser: number): Plugin<Context & RequestContext> {
  const open = new Map<string, number>()
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { viewer, gone, lapsed } = args.contextValue as Context & RequestContext
      if (!viewer || gone.aborted) return
      const { id } = viewer.user
      const count = open.get(id) ?? 0
      if (count >= mostPerUser) return void setResultAndStopExecution({ errors: [tooManyStreams(count)] })
      open.set(id, count + 1)
      gone.addEventListener(
        'abort',
        () => {
          const left = (open.get(id) ?? 1) - 1
          if (left > 0) open.set(id, left)
          else open.delete(id)
        },
        { once: true },
      )
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) return
          setResult(sayingWhy(result as AsyncIterable<ExecutionResult>, { lapsed: lapsed(), gone }))
        },
      }
    },
  }
}

async function* sayingWhy(
  stream: AsyncIterable<ExecutionResult>,
  { lapsed, gone }: { readonly lapsed: AbortSignal | null; readonly gone: AbortSignal },
): AsyncGenerator<ExecutionResult> {
  yield* stream
  if (gone.aborted)
    yield { errors: [stopping] } // to nobody, where it is the client that left
  else if (lapsed?.aborted) yield { errors: [tokenExpired] }
}

const tokenExpired = new GraphQLError('The session token has lapsed. Open the stream again with a fresh one.', {
  extensions: { code: 'TOKEN_EXPIRED' },
})

const stopping = new GraphQLError('The server is stopping. Open the stream again.', {
  extensions: { code: 'SERVER_STOPPING' },
})

/** Nobody knows when the person closes one; a page that is left does within moments. */
const retryAfter = { 'retry-after': '5' }

function tooManyStreams(count: number): GraphQLError {
  return new GraphQLError(`You have ${count} streams open, as many as you may. Close one first.`, {
    extensions: { code: 'TOO_MANY_STREAMS', http: { status: 429, headers: retryAfter } },
  })
}
