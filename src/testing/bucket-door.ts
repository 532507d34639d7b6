import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inject } from 'vitest'

/** Stands before the run's R2 on loopback, and can be shut. */
export interface BucketDoor extends AsyncDisposable {
  /** As Config.bucket. */
  readonly bucket: {
    readonly endpoint: string
    readonly name: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  /** The requests so far: 'DELETE /…/uploads/exports/…'. */
  readonly requests: readonly string[]
  /** Set: called with each request; true lets it be answered with 503. */
  isShutFor: ((request: string) => boolean) | null
  /** Set: awaited before a request goes on. */
  onRequest: ((request: string) => Promise<void>) | null
}

export async function openBucketDoor(): Promise<BucketDoor> {
  const bucket = inject('bucket')
  const { hostname, port, pathname } = new URL(bucket.endpoint)
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`
    requests.push(line)
    await door.onRequest?.(line)
    if (door.isShutFor?.(line)) {
      request.resume()
      return response.writeHead(503).end()
    }
    const { method, url: path, headers } = request
    // The Host header stays: it is signed.
    const onward = forward({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    request.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const door: BucketDoor = {
    bucket: { ...bucket, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}` },
    requests,
    isShutFor: null,
    onRequest: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return door
}
