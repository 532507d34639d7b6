import type { IncomingMessage, ServerResponse } from 'node:http'
import packageJson from '../../../package.json' with { type: 'json' }
import { pendingMigrations } from '../../platform/database/migrate.ts'
import { remembered } from '../../platform/remembered.ts'
import { within } from '../../platform/within.ts'
import type { App } from '../app.ts'
import { refuse } from '../http/gates.ts'
import { createHealthChecks, type Findings, nothingKnown } from './health-checks.ts'

export interface Health {
  /** Answers /health, /health/live and /health/ready; false for any other path. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
  isReady(): Promise<boolean>
  /** From now on this process is not ready: it is stopping. */
  drain(): void
  /** The process's parts are up; until then it is alive, not ready. */
  begin(app: App): void
}

interface Report {
  readonly status: 'ok' | 'degraded' | 'starting' | 'stopping'
  readonly version: string
  readonly checks: Findings
}

const readyMs = 1_000
/** Anybody may ask, as often as they like; a balancer asks every few seconds. */
const readyCacheMs = 1_000

const paths: ReadonlySet<string> = new Set(['/health', '/health/live', '/health/ready'])

/**
 * Live: the process answers. Ready: its parts are up, the database answers within a second, and every migration that
 * this build knows is applied there. Healthy: so are the bucket and the queue; without them some requests fail, and
 * sending the others elsewhere helps nobody.
 */
export function createHealth(): Health {
  let findObstacle: (() => Promise<string | null>) | null = null
  let look: (() => Promise<Findings>) | null = null
  let draining = false

  const whyNotReady = async (): Promise<string | null> => {
    if (draining) return 'stopping'
    const obstacle = findObstacle ? await findObstacle() : 'starting'
    return draining ? 'stopping' : obstacle
  }

  const report = async (): Promise<Report> => {
    const { version } = packageJson
    if (!look) return { status: 'starting', version, checks: nothingKnown }
    const checks = await look()
    const isWell = Object.values(checks).every((finding) => finding === 'ok')
    return { status: draining ? 'stopping' : isWell ? 'ok' : 'degraded', version, checks }
  }

  return {
    isReady: async () => (await whyNotReady()) === null,
    begin(started) {
      findObstacle = remembered(readyCacheMs, () => obstacleIn(started))
      look = createHealthChecks(started)
    },
    drain() {
      draining = true
    },
    answer(request, response) {
      const path = request.url?.split('?')[0] ?? ''
      if (!paths.has(path)) return false
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.setHeader('allow', 'GET, HEAD')
        refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Health is read by GET.')
      } else if (path === '/health/live') {
        send(response, 200, { status: 'live' })
      } else if (path === '/health/ready') {
        void whyNotReady().then((reason) =>
          send(response, reason ? 503 : 200, reason ? { status: 'not ready', reason } : { status: 'ready' }),
        )
      } else {
        void report().then((found) => send(response, found.status === 'ok' ? 200 : 503, found))
      }
      return true
    },
  }
}

async function obstacleIn({ db: { pool } }: App): Promise<string | null> {
  try {
    const pending = await within(readyMs, pendingMigrations({ pool }))
    return pending.length > 0 ? 'migrations are missing' : null
  } catch {
    return 'the database does not answer'
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
