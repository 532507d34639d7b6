import { GraphQLError, GraphQLSchema, parse } from 'graphql'
import { type ConnectionInitMessage, makeServer } from 'graphql-ws'
import type { GraphQLParams } from 'graphql-yoga'
import type { WebSocket } from 'ws'
import type { Limits } from '../../config/limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import type { AddressLimits } from '../http/address-limits.ts'
import type { CountBy } from './count-by.ts'
import { delayUntil } from './delay-until.ts'
import { pingWhileAlive } from './ping-while-alive.ts'
import type { Interruption } from './stream-end.ts'
import {
  type Operation,
  type OperationOptions,
  type Outcome,
  payloadOf,
  runOverWebSocket,
} from './websocket-operation.ts'

/** What the WebSockets of a process need. */
export interface WebSocketPorts extends Pick<OperationOptions, 'graphql' | 'observers'> {
  readonly limits: AddressLimits
  readonly clock: Clock
  readonly metrics: Metrics
  readonly bounds: Pick<
    Limits,
    'stallSeconds' | 'webSocketsPerAddress' | 'webSocketsPerUser' | 'operationsPerWebSocket' | 'connectionInitSeconds'
  >
}

/** What one of them needs. */
interface ConnectionOptions extends WebSocketPorts, OperationOptions {
  readonly socket: WebSocket
  readonly ofUsers: CountBy
}

export interface Connection {
  /** Ends the streams, and closes the WebSocket once its other operations are answered. */
  drain(): void
}

/** Why and how the server closes a WebSocket. With these codes the clients of graphql-ws connect again. */
interface Leaving {
  readonly code: 4403 | 1001 | 1013
  readonly reason: string
  /** How the streams have ended then; they end as disconnected where it is null. */
  readonly interruption: Interruption | null
}

const tokenExpired: Leaving = { code: 4403, reason: 'The session token has expired.', interruption: 'TOKEN_EXPIRED' }
const stopping: Leaving = { code: 1001, reason: 'The server is stopping.', interruption: 'SERVER_STOPPING' }
const tooManyMessages: Leaving = { code: 1013, reason: 'Too many messages. Try again later.', interruption: null }

/**
 * Speaks graphql-transport-ws over an open WebSocket. Each operation runs as over HTTP, with the token of connection_init:
 * it is logged, counted, limited and authenticated by itself. The WebSocket closes when its token expires.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { graphql, limits, observers, clock, bounds, ofUsers, socket, request } = options
  const { log } = observers
  const operations = new Map<string, Operation>()
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  let authorization: string | null = null
  let expiry: NodeJS.Timeout | undefined
  let leaving: Leaving | null = null
  /** Of the message that is handled at present. */
  let bytes = 0

  const closeIfAnswered = () => {
    if (!leaving || [...operations.values()].some(({ isStream }) => !isStream)) return
    const { code, reason } = leaving
    // After the messages about the last operation, which are sent in this turn of the event loop.
    setImmediate(() => socket.close(code, reason))
  }
  /** Closes the WebSocket once its queries and mutations are answered: a client sends those again that are not. */
  const leave = (how: Leaving) => {
    leaving ??= how
    closeIfAnswered()
  }
  const expire = () => leave(tokenExpired)
  const fail = (error: unknown) => {
    log.error({ err: error }, 'a WebSocket failed')
    socket.terminate()
  }
  const end = (id: string) => {
    operations.delete(id)
    closeIfAnswered()
  }

  const server = makeServer<ConnectionInitMessage['payload'], unknown>({
    connectionInitWaitTimeout: bounds.connectionInitSeconds * 1_000,
    async onConnect({ connectionParams }) {
      authorization = authorizationIn(connectionParams) ?? request.headers.authorization ?? null
      const { viewer, error } = await graphql.authenticate(authorization)
      if (error) {
        socket.close(error.extensions.code === 'UNAUTHENTICATED' ? 4403 : 1013, error.message.slice(0, 100))
        return false
      }
      if (socket.readyState !== socket.OPEN) return false
      if (!viewer) return true
      if (!ofUsers.add(viewer.id)) {
        socket.close(1013, `You have ${bounds.webSocketsPerUser} open WebSockets, which is the maximum.`)
        return false
      }
      socket.once('close', () => ofUsers.remove(viewer.id))
      expiry = setTimeout(expire, delayUntil(viewer.expiresAt, clock())).unref()
      return true
    },
    async onSubscribe(_context, id, payload) {
      if (operations.size >= bounds.operationsPerWebSocket) return [tooMany(operations.size)]
      const operation: Operation = {
        params: payload as GraphQLParams,
        bytes,
        authorization,
        isStream: false,
        interruption: null,
        abort() {},
      }
      operations.set(id, operation)
      const outcome = await runOverWebSocket(options, operation, { end: () => end(id), expire, fail, closed })
      if ('result' in outcome) {
        closeIfAnswered()
        return { schema: noSchema, document: anySubscription, contextValue: outcome }
      }
      end(id)
      return outcome.refusals
    },
    // Called for each operation, whatever its kind, since `document` above is the same for all.
    subscribe: ({ contextValue }) => (contextValue as Outcome & { readonly result: never }).result,
    onNext: (_context, _id, _payload, _args, result) => payloadOf(result),
    onError: (_context, _id, _payload, errors) => payloadOf({ errors }).errors,
    onComplete: (_context, id) => end(id),
  })

  const disconnected = server.opened(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise((resolve, reject) => {
          if (socket.readyState !== socket.OPEN) return resolve()
          socket.send(text, (error) => (error && socket.readyState === socket.OPEN ? reject(error) : resolve()))
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) => receive(handle),
    },
    {},
  )

  /** Counts each message, in order, as a request of the client's address. */
  function receive(handle: (text: string) => Promise<void>): void {
    let previous: Promise<void> = Promise.resolve()
    const take = async (text: string, length: number) => {
      if (leaving || socket.readyState !== socket.OPEN) return
      const seconds = await limits.takeRequest(request)
      if (seconds !== null) return leave(tooManyMessages)
      if (leaving) return
      bytes = length
      handle(text).catch(fail)
    }
    socket.on('message', (data: Buffer) => {
      socket.pause()
      previous = previous
        .then(() => take(String(data), data.length))
        .catch(fail)
        .finally(() => socket.resume())
    })
  }

  // Invalid frames, messages over the maximum size, or a client that disconnects: `close` follows.
  socket.on('error', () => undefined)
  pingWhileAlive(socket, bounds.stallSeconds)
  socket.once('close', (code, reason) => {
    clearTimeout(expiry)
    close()
    for (const operation of operations.values()) {
      operation.interruption = leaving?.interruption ?? null
      operation.abort()
    }
    disconnected(code, String(reason)).catch(fail)
  })
  return { drain: () => leave(stopping) }
}

/** The token of connection_init, in the forms that clients send it. */
function authorizationIn(params: Record<string, unknown> | undefined): string | null {
  const nested = params?.headers
  for (const from of [params, typeof nested === 'object' ? (nested as Record<string, unknown> | null) : null]) {
    for (const [name, value] of Object.entries(from ?? {})) {
      if (name.toLowerCase() === 'authorization' && typeof value === 'string') return value
    }
  }
  return null
}

const noSchema = new GraphQLSchema({})
const anySubscription = parse('subscription { any }')

const tooMany = (count: number) =>
  new GraphQLError(`${count} operations run on this WebSocket, which is the maximum. Wait for one of them.`, {
    extensions: { code: 'TOO_MANY_OPERATIONS' },
  })
