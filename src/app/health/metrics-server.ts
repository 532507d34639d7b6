import type { ServerResponse } from 'node:http'
import { defaultLimits } from '../../config/limits.ts'
import type { Metrics } from '../../platform/watching/metrics.ts'
import { createFrontServer, type Timeouts } from '../http/front-server.ts'
import { listen } from '../http/listen.ts'
import type { Health } from './health.ts'

export interface MetricsServer extends AsyncDisposable {
  readonly port: number
  /** From now on /metrics is answered; until then 503. */
  open(metrics: Metrics): void
}

/** Health and metrics, on the port that every process has and nobody outside reaches. */
export async function serveMetrics(
  health: Health,
  address: { readonly host: string; readonly port: number },
  timeouts: Timeouts = defaultLimits,
): Promise<MetricsServer> {
  let metrics: Metrics | null = null
  const server = createFrontServer(timeouts, (request, response) => {
    if (health.answer(request, response)) return
    if (request.url?.split('?')[0] !== '/metrics') return answer(response, 404, 'There is nothing here.\n')
    if (request.method !== 'GET') return answer(response, 405, 'Metrics are read by GET.\n')
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
