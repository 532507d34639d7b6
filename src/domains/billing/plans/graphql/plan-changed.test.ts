import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MyPlanChangedDocument, type MyPlanChangedSubscription } from '../../../../../operations/typed-operations.ts'
import type { User } from '../../../../generated/prisma/client.ts'
import { notify } from '../../../../platform/database/db.ts'
import { startTestApp, type TestApp } from '../../../../testing/app.ts'
import { openStream } from '../../../../testing/event-stream.ts'
import { createUser } from '../../../../testing/factories.ts'
import { createSubscription, dayMs } from '../../../../testing/subscriptions.ts'
import { planTopic } from '../../topic.ts'

let app: TestApp
/** Another process of the same deployment. */
let second: TestApp
beforeAll(async () => {
  app = await startTestApp()
  second = await startTestApp({ databaseUrl: app.databaseUrl })
})
afterAll(async () => {
  await second[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

let count = 0
let email: string
let user: User
beforeEach(async () => {
  email = `watcher${++count}@example.com`
  user = await createUser(app, email)
})

async function openPlanStream() {
  const stream = await openStream(second, await second.token(email), MyPlanChangedDocument, {})
  const next = async (): Promise<MyPlanChangedSubscription['planChanged']> => {
    const { value } = await stream.next()
    if (!value?.data) throw new Error(JSON.stringify(value))
    return value.data.planChanged
  }
  return { stream, next }
}

const notifyPlanChange = () => app.app.db.transaction(async (tx) => notify(tx, planTopic(user.id)))

test('a stream sends the current plan first, then every change once, from any process', async () => {
  const { stream, next } = await openPlanStream()
  expect(await next()).toMatchObject({ plan: { tier: 'FREE' }, subscriptions: [] })

  const { id } = await createSubscription(app, user)
  await notifyPlanChange()
  expect(await next()).toMatchObject({ plan: { tier: 'PLUS' }, subscriptions: [{ status: 'ACTIVE' }] })

  // No visible change, so no event.
  const { prisma } = app.app.db
  await prisma.planSubscription.update({ where: { id }, data: { nextChangeAt: app.now } })
  second.takeStatements()
  await notifyPlanChange()
  await expect.poll(() => second.takeStatements().join()).toContain('plan_subscriptions')
  await prisma.planSubscription.update({ where: { id }, data: { willRenew: false } })
  await notifyPlanChange()
  expect(await next()).toMatchObject({ plan: { tier: 'PLUS' }, subscriptions: [{ status: 'CANCELLED' }] })
  await stream.return()
})

test('a stream sends changes caused by time: the grace period begins, access ends', async () => {
  const began = app.now
  const at = (days: number) => new Date(began.getTime() + days * dayMs)
  const ends = { expiresAt: at(1), graceEndsAt: at(3), nextChangeAt: at(3) }
  const { id } = await createSubscription(app, user, { ...ends, billingIssueAt: at(-1) })
  const { stream, next } = await openPlanStream()
  expect(await next()).toMatchObject({ plan: { tier: 'PLUS' }, subscriptions: [{ status: 'GRACE_PERIOD' }] })
  second.now = at(2)
  await notifyPlanChange()
  // The job is due by the worker's clock, and notifies.
  app.now = at(3)
  second.now = at(3)
  await app.runJob('billing.settle', { id })
  expect(await next()).toMatchObject({ plan: { tier: 'FREE' }, subscriptions: [{ status: 'BILLING_ISSUE' }] })
  app.now = began
  second.now = began
  await stream.return()
})

test('planChanged requires authentication', async () => {
  const stream = await openStream(app, null, MyPlanChangedDocument, {})
  const { value } = await stream.next()
  expect(value?.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})
