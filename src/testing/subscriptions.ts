import { v7 as uuidv7 } from 'uuid'
import type { PlanSubscription, Prisma, User } from '../generated/prisma/client.ts'
import { type TestApp, testPurchaseWebhook } from './app.ts'
import { processPendingEvents } from './clerk-events.ts'
import type { FakeRevenueCat } from './revenuecat.ts'
import { deliverPurchaseEvent, type PurchaseFields, purchaseEvent } from './revenuecat-events.ts'

export const dayMs = 86_400_000

/** The configuration of an app that uses the fake RevenueCat and accepts its webhooks. */
export function revenueCatConfig(revenueCat: FakeRevenueCat) {
  const { authorization, secret } = testPurchaseWebhook
  const webhook = { webhookAuthorizations: [authorization], webhookSecrets: [secret], sandboxUsers: [] }
  return { revenueCat: { ...webhook, ...revenueCat.config } }
}

/** Delivers and processes a RevenueCat event about a user, created at the app's current time. */
export async function sendPurchase(
  app: TestApp,
  user: Pick<User, 'id'>,
  type: string,
  fields: PurchaseFields = {},
): Promise<void> {
  const event = purchaseEvent(type, { app_user_id: user.id, event_timestamp_ms: app.now.getTime(), ...fields })
  const { status } = await deliverPurchaseEvent(app, event)
  if (status !== 200) throw new Error(`The webhook answered ${status}.`)
  await processPendingEvents(app)
}

/** Creates a subscription. Defaults: Plus monthly in the App Store, started ten days ago, renewing in twenty. */
export function createSubscription(
  app: TestApp,
  user: Pick<User, 'id'> | null,
  input: Partial<Prisma.PlanSubscriptionUncheckedCreateInput> = {},
): Promise<PlanSubscription> {
  const id = uuidv7()
  const startedAt = new Date(app.now.getTime() - 10 * dayMs)
  return app.app.db.prisma.planSubscription.create({
    data: {
      id,
      key: `original ${id}`,
      userId: user?.id ?? null,
      productId: 'app.pacer.plus.monthly',
      store: 'APP_STORE',
      periodType: 'NORMAL',
      isFamilyShare: false,
      willRenew: true,
      startedAt,
      transactionId: `transaction ${id}`,
      purchasedAt: startedAt,
      expiresAt: new Date(app.now.getTime() + 20 * dayMs),
      ...input,
    },
  })
}
