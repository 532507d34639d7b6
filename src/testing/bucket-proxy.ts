import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inject } from 'vitest'

/** A proxy before the R2 of the test run that records requests and can make them fail or wait. */
export interface BucketProxy extends AsyncDisposable {
  /** For `Config.bucket`. */
  readonly bucket: {
    readonly endpoint: string
    readonly name: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  /** The requests so far: 'DELETE /…/uploads/exports/…'. */
  readonly requests: readonly string[]
  /** If set, called with each request; for true the response is 503. */
  failsFor: ((request: string) => boolean) | null
  /** If set, awaited before a request is forwarded. */
  onRequest: ((request: string) => Promise<void>) | null
}

/** Starts a proxy before the R2 of the test run. */
export async function startBucketProxy(): Promise<BucketProxy> {
  const bucket = inject('bucket')
  const { hostname, port, pathname } = new URL(bucket.endpoint)
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`
    requests.push(line)
    await proxy.onRequest?.(line)
    if (proxy.failsFor?.(line)) {
      request.resume()
      return response.writeHead(503).end()
    }
    const { method, url: path, headers } = request
    // The Host header is kept because it is signed.
    const forwarded = forward({ hostname, port, method, path, headers }, (upstream) => {
      response.writeHead(upstream.statusCode ?? 502, upstream.headers)
      upstream.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    request.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: BucketProxy = {
    bucket: { ...bucket, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}` },
    requests,
    failsFor: null,
    onRequest: null,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
