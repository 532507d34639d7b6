import type { ServerResponse } from 'node:http'
import { defaultLimits } from '../../config/limits.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import { listen } from '../http/listen.ts'
import { createNodeServer, type Timeouts } from '../http/node-server.ts'
import type { Health } from './health.ts'

export interface MetricsServer extends AsyncDisposable {
  readonly port: number
  /** Starts to serve /metrics; until then it answers 503. */
  open(metrics: Metrics): void
}

/** Serves health and metrics on a separate port, which every process has and which is not public. */
export async function serveMetrics(
  health: Health,
  address: { readonly host: string; readonly port: number },
  timeouts: Timeouts = defaultLimits,
): Promise<MetricsServer> {
  let metrics: Metrics | null = null
  const server = createNodeServer(timeouts, (request, response) => {
    if (health.answer(request, response, { tellsVersion: true })) return
    if (request.url?.split('?')[0] !== '/metrics')
      return answer(response, 404, 'Not found. Metrics are served at /metrics.\n')
    if (request.method !== 'GET') return answer(response, 405, 'Use GET for metrics.\n')
    if (!metrics) return answer(response, 503, 'The process is starting.\n')
    metrics.expose().then(
      ({ contentType, text }) => answer(response, 200, text, contentType),
      () => answer(response, 500, 'The metrics cannot be read.\n'),
    )
  })
  const port = await listen(server, { ...address, exclusive: true })
  return {
    port,
    open(opened) {
      const help = 'Whether /health/ready of this process says 200: 1, or 0.'
      opened.readGauge({ name: 'ready', help }, async () => [{ labels: {}, value: (await health.isReady()) ? 1 : 0 }])
      metrics = opened
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, status: number, text: string, contentType = 'text/plain'): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(text)
}
