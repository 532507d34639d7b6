import { tierOf } from '../domains/billing/index.ts'
import type { TestApp } from './app.ts'
import { workOffEvents } from './clerk-events.ts'
import { deliverPurchaseEvent, type PurchaseFields, purchaseEvent } from './revenuecat-events.ts'

export const noon = (day: string): Date => new Date(`${day}T12:00:00.000Z`)

/** An event of RevenueCat, made at the app's present instant unless it says otherwise. */
export function eventNow(app: TestApp, type: string, fields: PurchaseFields = {}): PurchaseFields {
  return purchaseEvent(type, { event_timestamp_ms: app.now.getTime(), ...fields })
}

/** Delivers an event and has all that waits worked on. Throws where one was not taken or failed. */
export async function tell(app: TestApp, event: PurchaseFields): Promise<void> {
  await send(app, event)
  await workOffPurchases(app)
}

/** Only delivers it. */
export async function send(app: TestApp, event: PurchaseFields): Promise<void> {
  const { status } = await deliverPurchaseEvent(app, event)
  if (status !== 200) throw new Error(`The webhook answered ${status}.`)
}

/** Every event that waits, all of them at once, as several workers do. */
export async function workOffPurchases(app: TestApp): Promise<void> {
  await workOffEvents(app)
  const failed = await app.app.db.prisma.inboxEvent.findFirst({ where: { state: { not: 'PROCESSED' } } })
  if (failed) throw new Error(`An event ${failed.type} failed: ${failed.lastError}`)
}

/** Time passes: at each moment at which it changes something, the job that finds what is due has run. */
export async function passTime(app: TestApp, to: Date): Promise<void> {
  const { prisma } = app.app.db
  for (;;) {
    const next = await prisma.planSubscription.aggregate({ _min: { nextChangeAt: true } })
    const moment = next._min.nextChangeAt
    if (!moment || moment > to) break
    app.now = moment
    await app.runJob('billing.settle-lost')
    await app.runDueJobs()
  }
  app.now = to
}

/** What somebody can spend at the app's present instant. */
export async function creditsOf({ app, now }: TestApp, userId: string): Promise<number> {
  const [row] = await app.db.prisma.$queryRaw<{ credits: number }[]>`
    SELECT COALESCE(sum(remaining), 0)::int AS credits FROM credit_lots
    WHERE user_id = ${userId}::uuid AND expires_at > ${now}::timestamptz`
  return row?.credits ?? 0
}

export function planOf(app: TestApp, userId: string): Promise<string> {
  return tierOf(app.app.db.prisma, app.app.config.plans, userId, app.now)
}

/** What purchases have come to, without what differs from one run of the same story to another. */
export async function endOfPurchases(app: TestApp, userIds: readonly string[]) {
  const { prisma } = app.app.db
  const [subscriptions, names, grants] = await Promise.all([
    prisma.planSubscription.findMany({ orderBy: { key: 'asc' }, omit: { id: true } }),
    prisma.billingName.findMany({ orderBy: { name: 'asc' } }),
    prisma.billingGrant.findMany({
      where: { revokedAt: null },
      orderBy: { purpose: 'asc' },
      omit: { generation: true, grantedAt: true },
    }),
  ])
  const credits: number[] = []
  for (const id of userIds) credits.push(await creditsOf(app, id))
  return { subscriptions, names, grants, credits }
}
