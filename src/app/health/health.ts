import type { IncomingMessage, ServerResponse } from 'node:http'
import packageJson from '../../../package.json' with { type: 'json' }
import { pendingMigrations } from '../../platform/database/migrate.ts'
import { memoize } from '../../platform/memoize.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import type { App } from '../app.ts'
import { refuse } from '../http/guards.ts'
import { type CheckResults, createHealthChecks, defaultCheckMs, unknownResults } from './health-checks.ts'

export interface Health {
  /**
   * Answers /health, /health/live and /health/ready; false for any other path. /health states the version only where
   * `tellsVersion`: on the metrics port, which is not public.
   */
  answer(request: IncomingMessage, response: ServerResponse, options?: { readonly tellsVersion: boolean }): boolean
  isReady(): Promise<boolean>
  /** Makes this process not ready: it is stopping. */
  drain(): void
  /** The process has started; until then it is live and not ready. `checkMs`: the timeout of each check. */
  begin(app: App, options?: { readonly checkMs: number }): void
}

interface Report {
  readonly status: 'ok' | 'degraded' | 'starting' | 'stopping'
  readonly checks: CheckResults
}

/** Anyone may request health at any rate; a load balancer does every few seconds. */
const readyCacheMs = 1_000

const paths: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready'])

/**
 * Live: the process answers. Ready: it has started, the database answers within a second, and every migration of this
 * build is applied. Healthy (/health): the bucket and the queue work too; if they fail, some requests fail, and routing
 * the others to another process would not help.
 */
export function createHealth(): Health {
  let findReason: (() => Promise<string | null>) | null = null
  let runChecks: (() => Promise<CheckResults>) | null = null
  let draining = false

  const readNotReadyReason = async (): Promise<string | null> => {
    if (draining) return 'stopping'
    const reason = findReason ? await findReason() : 'starting'
    return draining ? 'stopping' : reason
  }

  const report = async (): Promise<Report> => {
    if (!runChecks) return { status: 'starting', checks: unknownResults }
    const checks = await runChecks()
    const isHealthy = Object.values(checks).every((finding) => finding === 'ok')
    return { status: draining ? 'stopping' : isHealthy ? 'ok' : 'degraded', checks }
  }

  return {
    isReady: async () => (await readNotReadyReason()) === null,
    begin(started, { checkMs } = { checkMs: defaultCheckMs }) {
      findReason = memoize(readyCacheMs, () => notReadyReasonOf(started, checkMs))
      runChecks = createHealthChecks(started, checkMs)
    },
    drain() {
      draining = true
    },
    answer(request, response, { tellsVersion } = { tellsVersion: false }) {
      const path = request.url?.split('?')[0] ?? ''
      if (!paths.has(path)) return false
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('allow', 'GET, HEAD')
        refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Use GET for health.')
      } else if (path === '/health/live') {
        send(response, 200, { status: 'live' })
      } else if (path === '/health/ready') {
        void readNotReadyReason().then((reason) =>
          send(response, reason ? 503 : 200, reason ? { status: 'not ready', reason } : { status: 'ready' }),
        )
      } else {
        const version = tellsVersion ? { version: packageJson.version } : {}
        void report().then((found) => send(response, found.status === 'ok' ? 200 : 503, { ...found, ...version }))
      }
      return true
    },
  }
}

async function notReadyReasonOf({ db: { pool } }: App, checkMs: number): Promise<string | null> {
  try {
    const pending = await withTimeout(checkMs, pendingMigrations({ pool }))
    return pending.length > 0 ? 'migrations are missing' : null
  } catch {
    return 'the database does not answer'
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
