import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../platform/clock.ts'
import { ServiceUnavailable } from '../../platform/errors.ts'
import type { CountEvent } from '../../platform/inbox/inbox-metrics.ts'
import type { DeliveryAnswer, WebhookEndpoint } from '../../platform/inbox/webhooks.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { answerMs } from './answer-timeout.ts'
import type { BodyBudget } from './body-budget.ts'
import { refuse, refuseBusy } from './guards.ts'
import { isTooLarge, readBody } from './read-body.ts'

const maxBodyBytes = 1024 * 1024

export interface WebhookExchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly clock: Clock
  readonly countEvent: CountEvent
  readonly budget: BodyBudget
  /** The client address. */
  readonly address: string
}

/**
 * Passes a provider's POST to its endpoint, byte for byte. What its headers show is checked before its body is read. A
 * refusal gives no detail that would help to forge a request.
 */
export async function answerWebhook(
  endpoint: WebhookEndpoint,
  { request, response, clock, countEvent, budget, address }: WebhookExchange,
): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return refuse(response, 405, 'METHOD_NOT_ALLOWED', 'Use POST for webhooks.')
  }
  const { name: source } = endpoint.source
  const refuseAs = (status: Refusal) => {
    countEvent({ source, type: 'unknown' }, 'refused')
    refuse(response, status, ...refusals[status])
  }
  if (isTooLarge(request, maxBodyBytes)) return refuse(response, 413, ...tooLarge)
  const refused = endpoint.checkHeaders({ headers: request.headers, now: clock() })
  if (refused !== null) return refuseAs(refused)
  const limits = { maxBytes: maxBodyBytes, budget, address }
  const body = await readBody({ request, response }, limits).catch(() => 'disconnected' as const)
  if (body === 'disconnected') return void response.destroy()
  if (body === 'too large') return refuse(response, 413, ...tooLarge)
  if (body === 'busy') return refuseBusy(response)

  const received = endpoint.receive({ body, headers: request.headers, now: clock() })
  const answer = await withTimeout(answerMs, received, () => new ServiceUnavailable())
  if (answer.status !== 200) return refuseAs(answer.status)
  countEvent({ source, type: answer.type }, answer.isNew ? 'received' : 'duplicate')
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"received":true}')
}

type Refusal = Exclude<DeliveryAnswer['status'], 200>

const refusals: Readonly<Record<Refusal, readonly [code: string, message: string]>> = {
  400: ['BAD_REQUEST', 'The webhook request is not valid.'],
  401: ['UNAUTHENTICATED', 'The webhook request could not be authenticated.'],
  503: ['NOT_CONFIGURED', 'This webhook is not configured on this server.'],
}

const tooLarge = ['PAYLOAD_TOO_LARGE', 'The request body is larger than the maximum of 1 MiB.'] as const
