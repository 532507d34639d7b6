import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A response that a fake server sends instead of its own. */
export interface Fault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Cuts the connection in the middle of the body. */
  readonly isCut?: boolean
}

/** A response of a fake server. */
export interface FakeResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A fake server for a provider's API, on loopback. */
export interface FakeServer extends AsyncDisposable {
  readonly url: string
  /** The requests so far: 'GET /v1/jwks'. */
  readonly requests: readonly string[]
  /** If set, the response to every request. */
  fault: Fault | null
  /** If set, called with each request ('GET /v1/users?limit=500'). A returned fault is the response. */
  onRequest: ((request: string) => Fault | null) | null
  /** Makes requests wait until the returned function is called. */
  pause(): () => void
  /** Stops listening, until `start` is called. */
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * Starts a fake server.
 *
 * @param faultBody the body of faults that have none.
 */
export async function startFakeServer(
  respond: (request: IncomingMessage) => Promise<FakeResponse>,
  faultBody: string,
): Promise<FakeServer> {
  const requests: string[] = []
  let paused: Promise<void> = Promise.resolve()

  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`
    requests.push(line)
    await paused
    // The client has disconnected, here or while its body is read.
    if (response.destroyed) return
    const ignoreDisconnection = (error: unknown) => {
      if (response.destroyed) return null
      throw error
    }
    const fault = fakeServer.fault ?? fakeServer.onRequest?.(line)
    const answer = fault
      ? { body: faultBody, headers: {}, ...fault }
      : await respond(request).catch(ignoreDisconnection)
    if (!answer) return
    const { status, headers, body } = answer
    if (fault?.isCut) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
      return
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body)
  })

  let port = 0
  const fakeServer: FakeServer = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    requests,
    fault: null,
    onRequest: null,
    pause() {
      const { promise, resolve } = Promise.withResolvers<void>()
      paused = promise
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
      if (server.listening) await fakeServer.stop()
    },
  }
  await fakeServer.start()
  return fakeServer
}
