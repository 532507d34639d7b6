import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { clerkUser } from '../../../testing/clerk.ts'
import { processPendingEvents, sendClerkEvent } from '../../../testing/clerk-events.ts'
import { waitingForLocks } from '../../../testing/locks.ts'
import { clerkIdFor } from '../../../testing/privacy-steps.ts'
import { creditsOf, deliverAndProcess, eventNow, planOf } from '../../../testing/purchase-steps.ts'
import { billing } from '../services.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'

/** Purchases before their user is created. Uses real time, because session tokens do. */
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

let bought = 0
/** Buys a month of Plus and a pack of 500 credits under a name of RevenueCat's that no user has. */
async function buyAs(name: string): Promise<void> {
  bought += 1
  await deliverAndProcess(
    app,
    eventNow(app, 'INITIAL_PURCHASE', { app_user_id: name, transaction_id: `month ${bought}` }),
  )
  await deliverAndProcess(
    app,
    eventNow(app, 'NON_RENEWING_PURCHASE', { app_user_id: name, transaction_id: `pack ${bought}` }),
  )
}

const userOf = (clerkId: string) => app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })

/** Expects the plan, and the credits of the sign-up gift, the month and the pack. */
async function expectAllOf(userId: string, gift: number): Promise<void> {
  expect(await planOf(app, userId)).toBe('PLUS')
  expect(await creditsOf(app, userId)).toBe(gift + 300 + 500)
}

describe('purchases of an unknown customer are assigned to the user', () => {
  test('when Clerk sends user.created', async () => {
    await buyAs('user_created')
    expect(await app.app.db.prisma.inboxEvent.count({ where: { state: { not: 'PROCESSED' } } })).toBe(0)
    expect(await app.app.db.prisma.planSubscription.findFirst({ where: { userId: null } })).not.toBeNull()
    await sendClerkEvent(app, { type: 'user.created', data: clerkUser('user_created') })
    await processPendingEvents(app)
    await expectAllOf((await userOf('user_created')).id, 100)
  })

  test('on the first request', async () => {
    const clerkId = await clerkIdFor(app, 'first@example.com')
    await buyAs(clerkId)
    await app.query('first@example.com', '{ me { id } }')
    await expectAllOf((await userOf(clerkId)).id, 100)
  })

  test('when the user is linked to an old account', async () => {
    await buyAs('user_linked')
    await app.app.db.prisma.user.create({ data: { legacyId: 'old-7', legacyCredits: 7, createdAt: app.now } })
    await sendClerkEvent(app, { type: 'user.created', data: clerkUser('user_linked', { external_id: 'old-7' }) })
    await processPendingEvents(app)
    await expectAllOf((await userOf('user_linked')).id, 7)
  })

  test('when an event connects an anonymous name with the user', async () => {
    await buyAs('$RCAnonymousID:before')
    const { id } = await app.app.db.prisma.user.create({ data: { clerkId: 'user_explained', createdAt: app.now } })
    const names = { app_user_id: 'user_explained', aliases: ['$RCAnonymousID:before'] }
    await deliverAndProcess(app, eventNow(app, 'SUBSCRIBER_ALIAS', { ...names, product_id: null }))
    await expectAllOf(id, 0)
  })

  test('when the user is created during the processing of a purchase, which the sign-up waits for', async () => {
    const clerkId = 'user_at_once'
    const pack = eventNow(app, 'NON_RENEWING_PURCHASE', { app_user_id: clerkId, transaction_id: 'at once' })
    const event = app.app.adapters.purchaseWebhooks.read(Buffer.from(JSON.stringify({ event: pack })))
    const [applied, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const applying = app.app.db.transaction(async (tx) => {
      await applyPurchaseEvent(tx, app.app.services(billing), { event, now: app.now })
      applied.resolve()
      await mayCommit.promise
    })
    await applied.promise
    await sendClerkEvent(app, { type: 'user.created', data: clerkUser(clerkId) })
    const signingUp = processPendingEvents(app)
    await expect.poll(() => waitingForLocks(app)).toBe(1)
    mayCommit.resolve()
    await Promise.all([applying, signingUp])
    expect(await creditsOf(app, (await userOf(clerkId)).id)).toBe(600)
  })
})

test('a deleted user gets no credits, and the bodies of their events are erased', async () => {
  const { id } = await app.app.db.prisma.user.create({
    data: { clerkId: 'user_deleted', standing: 'DELETED', createdAt: app.now },
  })
  await buyAs('user_deleted')
  expect(await creditsOf(app, id)).toBe(0)
  const bodies = await app.app.db.prisma.inboxEvent.findMany({ where: { subject: 'user_deleted' } })
  expect(bodies.map(({ body }) => body)).toEqual([null, null])
})
