import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NotificationsDocument } from '../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser, createVideo } from '../../testing/factories.ts'
import { createSubscription } from '../../testing/subscriptions.ts'
import { notifyProblemLater } from '../billing/subscriptions/billing-problem.ts'
import { grant, revoke } from '../credits/index.ts'
import { failAttempt } from '../videos/commands/fail-attempt.ts'
import { videos } from '../videos/services.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

async function inbox(email: string) {
  const { data } = await app.run(email, NotificationsDocument, {})
  return data.me?.notifications.edges.map(({ node: { kind, body } }) => `${kind} ${body}`)
}

describe('VIDEO_READY', () => {
  it('is sent once for an attempt that failed', async () => {
    const user = await createUser(app, 'video@example.com')
    const video = await createVideo(app, user, {
      status: 'QUEUED',
      failure: undefined,
      finishedAt: null,
      creditCost: 0,
    })
    const failure = { key: 'interrupted', values: {} }
    const fail = () =>
      app.app.db.transaction((tx) => failAttempt(tx, app.app.services(videos), { video, failure, now: app.now }))
    expect(await fail()).toBe(true)
    expect(await fail()).toBe(false)
    expect(await inbox('video@example.com')).toEqual([
      'VIDEO_READY Its credits were given back. You can try again: A talk.',
    ])
  })
})

describe('CREDITS', () => {
  it('is sent when credits were revoked, once', async () => {
    const user = await createUser(app, 'credits@example.com')
    const now = app.now
    await app.app.db.transaction(async (tx) => {
      const credits = { amount: 50, source: 'PURCHASES', description: 'Fifty credits', now } as const
      await grant(tx, { userId: user.id, key: 'bought', ...credits })
      for (let time = 1; time <= 2; time += 1) {
        await revoke(tx, { userId: user.id, grantKey: 'bought', description: 'Refunded', now })
      }
    })
    await app.runDueJobs()
    expect(await inbox('credits@example.com')).toEqual([
      'CREDITS 50 credits were taken back, for example after a refund. Your balance is now 0.',
    ])
  })
})

describe('BILLING', () => {
  it('is sent once if a payment still fails after an hour, and not if the subscription was renewed', async () => {
    const billingIssueAt = app.now
    const graceEndsAt = new Date(app.now.getTime() + 30 * 86_400_000)
    const failed = await createUser(app, 'failed@example.com')
    const renewed = await createUser(app, 'renewed@example.com')
    const { db } = app.app
    for (const user of [failed, renewed]) {
      const row = await createSubscription(app, user, { billingIssueAt, graceEndsAt })
      await db.transaction((tx) => notifyProblemLater(tx, row, { former: null, now: app.now }))
      await db.transaction((tx) => notifyProblemLater(tx, row, { former: row, now: app.now }))
    }
    const jobs = await db.query<{ id: string; runAt: Date }>(
      `SELECT payload->>'id' AS id, run_at AS "runAt" FROM graphile_worker._private_jobs
       WHERE key LIKE 'billing.notify-problem:%'`,
      [],
    )
    expect(jobs.map(({ runAt }) => runAt.getTime())).toEqual(
      [1, 1].map((hours) => app.now.getTime() + hours * 3_600_000),
    )
    await db.prisma.planSubscription.updateMany({
      where: { userId: renewed.id },
      data: { billingIssueAt: null, graceEndsAt: null },
    })
    for (const { id } of [...jobs, ...jobs]) await app.runJob('billing.notify-problem', { id })
    expect(await inbox('failed@example.com')).toHaveLength(1)
    expect(await inbox('renewed@example.com')).toEqual([])
  })
})
