import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse } from './guards.ts'

export interface CronTick {
  readonly secret: string | undefined
  /** Enqueues the jobs that are due and returns their names. */
  run(): Promise<readonly string[]>
}

export const cronTickPath = '/cron/tick'

/** Lets an external cron wake a host that sleeps, and enqueues the jobs that were due meanwhile. Idempotent. */
export async function answerCronTick(
  tick: CronTick,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Use POST for the cron tick.')
  }
  if (tick.secret === undefined)
    return refuse(response, 503, 'NOT_CONFIGURED', 'CRON_SECRET is not set on this server.')
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined || !isSame(token, tick.secret)) {
    return refuse(response, 401, 'UNAUTHENTICATED', 'Send CRON_SECRET as `Authorization: Bearer …`.')
  }
  const queued = await tick.run()
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ queued }))
}

/** Compares in constant time. */
function isSame(token: string, secret: string): boolean {
  const [one, other] = [token, secret].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}
