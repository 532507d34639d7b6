import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../platform/clock.ts'
import { ServiceUnavailable } from '../../platform/errors.ts'
import type { CountEvent } from '../../platform/inbox/inbox-metrics.ts'
import type { WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { answerMs } from './answer-timeout.ts'
import { refuse } from './guards.ts'
import { readBody } from './read-body.ts'

const maxBodyBytes = 1024 * 1024

export interface WebhookExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly clock: Clock
  readonly countEvent: CountEvent
}

/**
 * Passes a provider's POST to its endpoint, byte for byte. A refusal gives no detail that would help to forge a
 * request.
 */
export async function answerWebhook(
  endpoint: WebhookEndpoint,
  { request, response, clock, countEvent }: WebhookExchange,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Use POST for webhooks.')
  }
  const body = await readBody({ request, response }, maxBodyBytes).catch(() => 'disconnected' as const)
  if (body === 'disconnected') return void response.destroy()
  if (body === 'too large')
    return refuse(response, 413, 'PAYLOAD_TOO_LARGE', 'The request body is larger than the maximum of 1 MiB.')

  const received = endpoint.receive({ body, headers: request.headers, now: clock() })
  const answer = await withTimeout(answerMs, received, () => new ServiceUnavailable())
  const { name: source } = endpoint.source
  if (answer.status !== 200) {
    countEvent({ source, type: 'unknown' }, 'refused')
    if (answer.status === 400) return refuse(response, 400, 'BAD_REQUEST', 'The webhook request is not valid.')
    if (answer.status === 401)
      return refuse(response, 401, 'UNAUTHENTICATED', 'The webhook request could not be authenticated.')
    return refuse(response, 503, 'NOT_CONFIGURED', 'This webhook is not configured on this server.')
  }
  countEvent({ source, type: answer.type }, answer.isNew ? 'received' : 'duplicate')
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"received":true}')
}
