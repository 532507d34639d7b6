import type { IncomingMessage, ServerResponse } from 'node:http'
import { pendingMigrations } from '../platform/migrate.ts'
import { within } from '../platform/within.ts'
import type { App } from './app.ts'

export interface Health {
  /** Answers /health/live and /health/ready; false for any other path. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
  /** From now on this process is not ready: it is stopping. */
  drain(): void
  /** The process's parts are up; until then it is alive, not ready. */
  begin(app: App): void
}

const checkMs = 1_000

/**
 * Live: the process answers. Ready: its parts are up, the database answers within a second, and every migration that
 * this build knows is applied there.
 */
export function createHealth(): Health {
  let app: App | null = null
  let draining = false

  const ready = async (): Promise<string | null> => {
    if (draining) return 'stopping'
    if (!app) return 'starting'
    const { pool } = app.db
    try {
      const pending = await within(checkMs, pendingMigrations({ pool }))
      return pending.length > 0 ? 'migrations are missing' : null
    } catch {
      return 'the database does not answer'
    }
  }

  return {
    begin(started) {
      app = started
    },
    drain() {
      draining = true
    },
    answer(request, response) {
      const path = request.url?.split('?')[0]
      if (path === '/health/live') {
        send(response, 200, { status: 'live' })
      } else if (path === '/health/ready') {
        void ready().then((reason) =>
          send(response, reason ? 503 : 200, reason ? { status: 'not ready', reason } : { status: 'ready' }),
        )
      } else return false
      return true
    },
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
