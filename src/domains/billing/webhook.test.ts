import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bodyPlace } from '../../platform/inbox/inbox.ts'
import { startTestApp, type TestApp, testPurchaseWebhook } from '../../testing/app.ts'
import { deliverPurchaseEvent, type PurchaseDeliveryWish, purchaseEvent } from '../../testing/revenuecat-events.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  await app.app.db.prisma.inboxEvent.deleteMany()
})

const event = purchaseEvent('RENEWAL', { app_user_id: 'somebody' })
const remembered = () => app.app.db.prisma.inboxEvent.findMany({ where: { source: 'revenuecat' } })
const signature = 'x-revenuecat-webhook-signature'

async function deliver(wish: PurchaseDeliveryWish = {}, fields = event) {
  const response = await deliverPurchaseEvent(app, fields, wish)
  return { status: response.status, body: await response.json() }
}
const refused = (status: number, code: string, message: string) => ({
  status,
  body: expect.objectContaining({ errors: [{ message, extensions: { code } }] }),
})
const notAuthentic = refused(401, 'UNAUTHENTICATED', 'This delivery is not authentic.')

test.each(['/webhooks/revenuecat', '/billing/notify'])('%s remembers an event and its job', async (path) => {
  expect(await deliver({ path })).toEqual({ status: 200, body: { received: true } })
  const [row, ...others] = await remembered()
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
  const body = app.app.sealer.open(row?.body ?? Buffer.of(), bodyPlace)
  expect(JSON.parse(body.toString())).toEqual({ api_version: '1.0', event })
})

test('the same event is remembered once, however often it comes at once', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => deliver()))
  expect(answers).toEqual(Array(20).fill({ status: 200, body: { received: true } }))
  // RevenueCat signs anew at each retry.
  expect(await deliver({ signedAt: new Date(app.now.getTime() + 60_000) })).toMatchObject({ status: 200 })
  expect(await remembered()).toHaveLength(1)
})

test('500 kB of attributes are taken, 1 MiB is not', async () => {
  const subscriber_attributes = { note: { value: 'x'.repeat(500_000), updated_at_ms: 1 } }
  expect(await deliver({}, { ...event, subscriber_attributes })).toMatchObject({ status: 200 })
  const more = { note: { value: 'x'.repeat(1_048_576), updated_at_ms: 1 } }
  expect(await deliver({}, { ...event, subscriber_attributes: more })).toMatchObject({ status: 413 })
  expect(await remembered()).toHaveLength(1)
})

describe('what is not from RevenueCat is not remembered', () => {
  const later = (seconds: number) => new Date(app.now.getTime() + seconds * 1_000)

  test.each<[string, () => PurchaseDeliveryWish]>([
    ['no Authorization', () => ({ headers: { authorization: undefined } })],
    ['another Authorization', () => ({ headers: { authorization: 'Bearer of somebody else' } })],
    ['no signature', () => ({ headers: { [signature]: undefined } })],
    ['a short signature', () => ({ headers: { [signature]: `t=${Math.floor(app.now.getTime() / 1_000)},v1=ab` } })],
    ['another secret', () => ({ secret: 'a secret of somebody else' })],
    ['too old', () => ({ signedAt: later(-302) })],
    ['too new', () => ({ signedAt: later(302) })],
    ['nothing of both, and no JSON', () => ({ body: 'hello', headers: { authorization: '', [signature]: '' } })],
  ])('%s', async (_what, wish) => {
    expect(await deliver(wish())).toEqual(notAuthentic)
    expect(await remembered()).toEqual([])
  })

  test('but a little old or new is', async () => {
    expect(await deliver({ signedAt: later(-299) })).toMatchObject({ status: 200 })
    expect(await deliver({ signedAt: later(299) })).toMatchObject({ status: 200 })
  })
})

test.each(['hello', '', '{}', '{"event":{"id":"1","type":"TEST"}}'])(
  'what says nothing is refused: %s',
  async (body) => {
    expect(await deliver({ body })).toEqual(refused(400, 'BAD_REQUEST', 'This delivery cannot be taken.'))
    expect(await remembered()).toEqual([])
  },
)

test.each(['/webhooks/revenuecat', '/billing/notify'])('GET %s is no delivery', async (path) => {
  const response = await fetch(app.url + path)
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
})

describe('as it is configured', () => {
  const { authorization, secret } = testPurchaseWebhook

  async function statusesOf(
    configured: { authorizations?: string[]; secrets?: string[] },
    wishes: PurchaseDeliveryWish[],
  ) {
    const { authorizations = [], secrets = [] } = configured
    const revenueCat = {
      ...app.app.config.revenueCat,
      webhookAuthorizations: authorizations,
      webhookSecrets: secrets,
    }
    await using other = await startTestApp({ databaseUrl: app.databaseUrl, config: { revenueCat } })
    const statuses: number[] = []
    for (const wish of wishes) statuses.push((await deliverPurchaseEvent(other, event, wish)).status)
    return statuses
  }
  const unsigned = { headers: { [signature]: undefined } }
  const unauthorized = { headers: { authorization: undefined } }

  test('not at all: the door is closed', async () => {
    expect(await statusesOf({}, [{}, { body: 'hello' }])).toEqual([503, 503])
    expect(await remembered()).toEqual([])
  })

  test('with one of the two, which is then enough', async () => {
    expect(await statusesOf({ authorizations: [authorization] }, [unsigned, unauthorized])).toEqual([200, 401])
    expect(await statusesOf({ secrets: [secret] }, [unsigned, unauthorized])).toEqual([401, 200])
  })

  test('with several of each, while one replaces the other', async () => {
    const rotating = {
      authorizations: ['Bearer the newest of all', authorization],
      secrets: ['the newest secret of all', secret],
    }
    const newest = { secret: 'the newest secret of all', headers: { authorization: 'Bearer the newest of all' } }
    expect(await statusesOf(rotating, [{}, newest, { secret: 'the oldest secret of all' }])).toEqual([200, 200, 401])
  })
})
