import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkPerson } from '../../testing/clerk.ts'
import { sendClerkEvent, workOffEvents } from '../../testing/clerk-events.ts'
import { waitingForLocks } from '../../testing/locks.ts'
import { clerkIdFor } from '../../testing/privacy-steps.ts'
import { creditsOf, eventNow, planOf, tell } from '../../testing/purchase-steps.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'

/** Purchases come before their person, in real time, since session tokens live in it. */
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

let bought = 0
/** A month of Plus and a pack of 500 for a name of RevenueCat's that nobody has here. */
async function buyAs(name: string): Promise<void> {
  bought += 1
  await tell(app, eventNow(app, 'INITIAL_PURCHASE', { app_user_id: name, transaction_id: `month ${bought}` }))
  await tell(app, eventNow(app, 'NON_RENEWING_PURCHASE', { app_user_id: name, transaction_id: `pack ${bought}` }))
}

const personOf = (clerkId: string) => app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId } })

/** The sign-up gift, the month, the pack. */
async function expectAllOf(userId: string, gift: number): Promise<void> {
  expect(await planOf(app, userId)).toBe('PLUS')
  expect(await creditsOf(app, userId)).toBe(gift + 300 + 500)
}

describe('what nobody known bought is kept, and is theirs', () => {
  test('when Clerk tells of them', async () => {
    await buyAs('user_told')
    expect(await app.app.db.prisma.inboxEvent.count({ where: { state: { not: 'PROCESSED' } } })).toBe(0)
    expect(await app.app.db.prisma.planSubscription.findFirst({ where: { userId: null } })).not.toBeNull()
    await sendClerkEvent(app, { type: 'user.created', data: clerkPerson('user_told') })
    await workOffEvents(app)
    await expectAllOf((await personOf('user_told')).id, 100)
  })

  test('when they make their first request', async () => {
    const clerkId = await clerkIdFor(app, 'first@example.com')
    await buyAs(clerkId)
    await app.query('first@example.com', '{ me { id } }')
    await expectAllOf((await personOf(clerkId)).id, 100)
  })

  test('when they are linked', async () => {
    await buyAs('user_linked')
    await app.app.db.prisma.user.create({ data: { legacyId: 'old-7', legacyCredits: 7, createdAt: app.now } })
    await sendClerkEvent(app, { type: 'user.created', data: clerkPerson('user_linked', { external_id: 'old-7' }) })
    await workOffEvents(app)
    await expectAllOf((await personOf('user_linked')).id, 7)
  })

  test('when an event explains an anonymous name', async () => {
    await buyAs('$RCAnonymousID:before')
    const { id } = await app.app.db.prisma.user.create({ data: { clerkId: 'user_explained', createdAt: app.now } })
    const names = { app_user_id: 'user_explained', aliases: ['$RCAnonymousID:before'] }
    await tell(app, eventNow(app, 'SUBSCRIBER_ALIAS', { ...names, product_id: null }))
    await expectAllOf(id, 0)
  })

  test('when they come while the purchase is worked on: they wait for it', async () => {
    const clerkId = 'user_at_once'
    const pack = eventNow(app, 'NON_RENEWING_PURCHASE', { app_user_id: clerkId, transaction_id: 'at once' })
    const event = app.app.adapters.purchaseWebhooks.read(Buffer.from(JSON.stringify({ event: pack })))
    const [applied, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const applying = app.app.db.transaction(async (tx) => {
      await applyPurchaseEvent(tx, app.app.purchases, { event, now: app.now })
      applied.resolve()
      await mayCommit.promise
    })
    await applied.promise
    await sendClerkEvent(app, { type: 'user.created', data: clerkPerson(clerkId) })
    const arriving = workOffEvents(app)
    await expect.poll(() => waitingForLocks(app)).toBe(1)
    mayCommit.resolve()
    await Promise.all([applying, arriving])
    expect(await creditsOf(app, (await personOf(clerkId)).id)).toBe(600)
  })
})

test('somebody who was deleted gets nothing, and what RevenueCat says of them is forgotten', async () => {
  const { id } = await app.app.db.prisma.user.create({
    data: { clerkId: 'user_gone', standing: 'DELETED', createdAt: app.now },
  })
  await buyAs('user_gone')
  expect(await creditsOf(app, id)).toBe(0)
  const said = await app.app.db.prisma.inboxEvent.findMany({ where: { subject: 'user_gone' } })
  expect(said.map(({ body }) => body)).toEqual([null, null])
})
