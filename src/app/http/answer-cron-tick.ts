import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuse } from './gates.ts'

export interface CronTick {
  readonly secret: string | undefined
  /** Puts what is due into the queue; the names of the jobs. */
  run(): Promise<readonly string[]>
}

export const cronTickPath = '/cron/tick'

/** An external cron wakes a host that sleeps, and has what was due meanwhile done. Calling it twice is as once. */
export async function answerCronTick(
  tick: CronTick,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'The tick is sent by POST.')
  }
  if (tick.secret === undefined) return refuse(response, 503, 'NOT_CONFIGURED', 'CRON_SECRET is not set here.')
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined || !isSame(token, tick.secret)) {
    return refuse(response, 401, 'UNAUTHENTICATED', 'Send CRON_SECRET as `Authorization: Bearer …`.')
  }
  const queued = await tick.run()
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ queued }))
}

/** In a time that tells nothing of where they differ. */
function isSame(given: string, secret: string): boolean {
  const [one, other] = [given, secret].map((text) => createHash('sha256').update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}
