import { billing, tierOf } from '../domains/billing/index.ts'
import type { TestApp } from './app.ts'
import { processPendingEvents } from './clerk-events.ts'
import { deliverPurchaseEvent, type PurchaseFields, purchaseEvent } from './revenuecat-events.ts'

export const noon = (day: string): Date => new Date(`${day}T12:00:00.000Z`)

/** A RevenueCat event, created at the app's current time by default. */
export function eventNow(app: TestApp, type: string, fields: PurchaseFields = {}): PurchaseFields {
  return purchaseEvent(type, { event_timestamp_ms: app.now.getTime(), ...fields })
}

/** Delivers an event and processes all pending events. Throws if one was refused or failed. */
export async function deliverAndProcess(app: TestApp, event: PurchaseFields): Promise<void> {
  await send(app, event)
  await processPurchases(app)
}

/** Delivers an event without processing it. */
export async function send(app: TestApp, event: PurchaseFields): Promise<void> {
  const { status } = await deliverPurchaseEvent(app, event)
  if (status !== 200) throw new Error(`The webhook answered ${status}.`)
}

/** Processes all pending events concurrently, as several workers do. Throws if one failed. */
export async function processPurchases(app: TestApp): Promise<void> {
  await processPendingEvents(app)
  const failed = await app.app.db.prisma.inboxEvent.findFirst({ where: { state: { not: 'PROCESSED' } } })
  if (failed) throw new Error(`An event ${failed.type} failed: ${failed.lastError}`)
}

/** Advances the app's clock and runs the due jobs at each moment at which a subscription changes. */
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

/** The credits that a user can spend at the app's current time. */
export async function creditsOf({ app, now }: TestApp, userId: string): Promise<number> {
  const [row] = await app.db.prisma.$queryRaw<{ credits: number }[]>`
    SELECT COALESCE(sum(remaining), 0)::int AS credits FROM credit_lots
    WHERE user_id = ${userId}::uuid AND expires_at > ${now}::timestamptz`
  return row?.credits ?? 0
}

export function planOf(app: TestApp, userId: string): Promise<string> {
  return tierOf(app.app.db.prisma, app.app.services(billing).plans, userId, app.now)
}

/** The final state of purchases, without fields that differ between runs with the same events. */
export async function endOfPurchases(app: TestApp, userIds: readonly string[]) {
  const { prisma } = app.app.db
  const [subscriptions, names, grants] = await Promise.all([
    prisma.planSubscription.findMany({ orderBy: { key: 'asc' }, omit: { id: true } }),
    prisma.billingName.findMany({
      where: { name: { startsWith: '$RCAnonymousID:' } },
      orderBy: { name: 'asc' },
      omit: { hash: true },
    }),
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
