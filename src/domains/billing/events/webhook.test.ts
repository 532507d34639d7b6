import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bodyPlace } from '../../../platform/inbox/inbox.ts'
import { startTestApp, type TestApp, testPurchaseWebhook } from '../../../testing/app.ts'
import { deliverPurchaseEvent, type PurchaseDeliveryInput, purchaseEvent } from '../../../testing/revenuecat-events.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  await app.app.db.prisma.inboxEvent.deleteMany()
})

const event = purchaseEvent('RENEWAL', { app_user_id: 'somebody' })
const storedEvents = () => app.app.db.prisma.inboxEvent.findMany({ where: { source: 'revenuecat' } })
const signature = 'x-revenuecat-webhook-signature'

async function deliver(delivery: PurchaseDeliveryInput = {}, fields = event) {
  const response = await deliverPurchaseEvent(app, fields, delivery)
  return { status: response.status, body: await response.json() }
}
const errorResponse = (status: number, code: string, message: string) => ({
  status,
  body: expect.objectContaining({ errors: [{ message, extensions: { code } }] }),
})
const notAuthentic = errorResponse(401, 'UNAUTHENTICATED', 'The webhook request could not be authenticated.')

test.each(['/webhooks/revenuecat', '/billing/notify'])('%s stores an event and adds its job', async (path) => {
  expect(await deliver({ path })).toEqual({ status: 200, body: { received: true } })
  const [row, ...others] = await storedEvents()
  expect(others).toEqual([])
  expect(row).toMatchObject({
    eventId: event.id,
    type: 'RENEWAL',
    subject: 'somebody',
    sentAt: new Date(Number(event.event_timestamp_ms)),
    receivedAt: app.now,
    contentType: 'application/json',
    state: 'PENDING',
  })
  const body = app.app.encryptor.decrypt(row?.body ?? Buffer.of(), bodyPlace)
  expect(JSON.parse(body.toString())).toEqual({ api_version: '1.0', event })
})

test('an event is stored once in concurrent deliveries', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => deliver()))
  expect(answers).toEqual(Array(20).fill({ status: 200, body: { received: true } }))
  // RevenueCat creates a new signature for each retry.
  expect(await deliver({ signedAt: new Date(app.now.getTime() + 60_000) })).toMatchObject({ status: 200 })
  expect(await storedEvents()).toHaveLength(1)
})

test('accepts 500 kB of attributes and refuses 1 MiB', async () => {
  const subscriber_attributes = { note: { value: 'x'.repeat(500_000), updated_at_ms: 1 } }
  expect(await deliver({}, { ...event, subscriber_attributes })).toMatchObject({ status: 200 })
  const more = { note: { value: 'x'.repeat(1_048_576), updated_at_ms: 1 } }
  expect(await deliver({}, { ...event, subscriber_attributes: more })).toMatchObject({ status: 413 })
  expect(await storedEvents()).toHaveLength(1)
})

describe('a delivery that is not authenticated is refused and not stored', () => {
  const later = (seconds: number) => new Date(app.now.getTime() + seconds * 1_000)

  test.each<[string, () => PurchaseDeliveryInput]>([
    ['no Authorization', () => ({ headers: { authorization: undefined } })],
    ['another Authorization', () => ({ headers: { authorization: 'Bearer of another sender' } })],
    ['no signature', () => ({ headers: { [signature]: undefined } })],
    ['a short signature', () => ({ headers: { [signature]: `t=${Math.floor(app.now.getTime() / 1_000)},v1=ab` } })],
    ['another secret', () => ({ secret: 'a secret of another sender' })],
    ['too old', () => ({ signedAt: later(-302) })],
    ['too new', () => ({ signedAt: later(302) })],
    ['neither of them, and no JSON', () => ({ body: 'hello', headers: { authorization: '', [signature]: '' } })],
  ])('%s', async (_what, delivery) => {
    expect(await deliver(delivery())).toEqual(notAuthentic)
    expect(await storedEvents()).toEqual([])
  })

  test('accepts a signature that is at most five minutes old or new', async () => {
    expect(await deliver({ signedAt: later(-299) })).toMatchObject({ status: 200 })
    expect(await deliver({ signedAt: later(299) })).toMatchObject({ status: 200 })
  })
})

test.each(['hello', '', '{}', '{"event":{"id":"1","type":"TEST"}}'])('an invalid body is refused: %s', async (body) => {
  expect(await deliver({ body })).toEqual(errorResponse(400, 'BAD_REQUEST', 'The webhook request is not valid.'))
  expect(await storedEvents()).toEqual([])
})

test.each(['/webhooks/revenuecat', '/billing/notify'])('GET %s returns 405', async (path) => {
  const response = await fetch(app.url + path)
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
})

describe('authentication by configuration', () => {
  const { authorization, secret } = testPurchaseWebhook

  async function statusesOf(
    configured: { authorizations?: string[]; secrets?: string[] },
    deliveries: PurchaseDeliveryInput[],
  ) {
    const { authorizations = [], secrets = [] } = configured
    const revenueCat = {
      ...app.app.config.revenueCat,
      webhookAuthorizations: authorizations,
      webhookSecrets: secrets,
    }
    await using other = await startTestApp({ databaseUrl: app.databaseUrl, config: { revenueCat } })
    const statuses: number[] = []
    for (const delivery of deliveries) statuses.push((await deliverPurchaseEvent(other, event, delivery)).status)
    return statuses
  }
  const unsigned = { headers: { [signature]: undefined } }
  const unauthorized = { headers: { authorization: undefined } }

  test('returns 503 if nothing is configured', async () => {
    expect(await statusesOf({}, [{}, { body: 'hello' }])).toEqual([503, 503])
    expect(await storedEvents()).toEqual([])
  })

  test('requires only the one that is configured', async () => {
    expect(await statusesOf({ authorizations: [authorization] }, [unsigned, unauthorized])).toEqual([200, 401])
    expect(await statusesOf({ secrets: [secret] }, [unsigned, unauthorized])).toEqual([401, 200])
  })

  test('accepts several of each during a rotation', async () => {
    const rotating = {
      authorizations: ['Bearer the newest of all', authorization],
      secrets: ['the newest secret of all', secret],
    }
    const newest = { secret: 'the newest secret of all', headers: { authorization: 'Bearer the newest of all' } }
    expect(await statusesOf(rotating, [{}, newest, { secret: 'the oldest secret of all' }])).toEqual([200, 200, 401])
  })
})
