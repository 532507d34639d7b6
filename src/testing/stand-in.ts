import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a stand-in answers to everything. */
export interface Trouble {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What a stand-in answers by itself. */
export interface Answered {
  readonly status: number
  readonly headers?: undefined
  readonly body: string
}

/** A provider's API on loopback. */
export interface StandIn extends AsyncDisposable {
  readonly url: string
  /** The requests so far: 'GET /v1/jwks'. */
  readonly requests: readonly string[]
  /** Set: all it answers. */
  trouble: Trouble | null
  /** Set: called with each request ('GET /v1/users?limit=500'); the trouble that it returns is what is answered. */
  onRequest: ((request: string) => Trouble | null) | null
  /** From now on requests wait; calling what it returns lets them be answered. */
  hold(): () => void
  /** Nobody listens any more at its address, until it is started again. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** @param troubleBody what a trouble without a body of its own says. */
export async function startStandIn(
  answer: (request: IncomingMessage) => Promise<Answered>,
  troubleBody: string,
): Promise<StandIn> {
  const requests: string[] = []
  let held: Promise<void> = Promise.resolve()

  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`
    requests.push(line)
    await held
    const trouble = standIn.trouble ?? standIn.onRequest?.(line)
    const { status, headers, body } = trouble ? { body: troubleBody, headers: {}, ...trouble } : await answer(request)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  })

  let port = 0
  const standIn: StandIn = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    requests,
    trouble: null,
    onRequest: null,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
    async start() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await standIn.stop()
    },
  }
  await standIn.start()
  return standIn
}
