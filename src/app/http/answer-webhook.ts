import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../platform/clock.ts'
import { ServiceUnavailable } from '../../platform/errors.ts'
import type { CountEvent } from '../../platform/inbox/inbox-metrics.ts'
import type { WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import { within } from '../../platform/within.ts'
import { answerMs } from './answer-in-time.ts'
import { refuse } from './gates.ts'
import { readBody } from './read-body.ts'

const maxBodyBytes = 1024 * 1024

export interface WebhookExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly clock: Clock
  readonly countEvent: CountEvent
}

/** Hands a provider's POST over, byte for byte. A refusal says nothing that helps to forge. */
export async function answerWebhook(
  endpoint: WebhookEndpoint,
  { request, response, clock, countEvent }: WebhookExchange,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Webhooks are sent by POST.')
  }
  const body = await readBody({ request, response }, maxBodyBytes).catch(() => 'gone' as const)
  if (body === 'gone') return void response.destroy()
  if (body === 'too large') return refuse(response, 413, 'PAYLOAD_TOO_LARGE', 'A webhook may have 1 MiB.')

  const received = endpoint.receive({ body, headers: request.headers, now: clock() })
  const answer = await within(answerMs, received, () => new ServiceUnavailable())
  const { name: source } = endpoint.source
  if (answer.status !== 200) {
    countEvent({ source, type: 'unknown' }, 'refused')
    if (answer.status === 400) return refuse(response, 400, 'BAD_REQUEST', 'This delivery cannot be taken.')
    if (answer.status === 401) return refuse(response, 401, 'UNAUTHENTICATED', 'This delivery is not authentic.')
    return refuse(response, 503, 'NOT_CONFIGURED', 'This webhook is not configured here.')
  }
  countEvent({ source, type: answer.type }, answer.isNew ? 'received' : 'duplicate')
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"received":true}')
}
