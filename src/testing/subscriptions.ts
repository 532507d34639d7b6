import { v7 as uuidv7 } from 'uuid'
import type { PlanSubscription, Prisma, User } from '../generated/prisma/client.ts'
import { type TestApp, testPurchaseWebhook } from './app.ts'
import { workOffEvents } from './clerk-events.ts'
import type { RevenueCatStandIn } from './revenuecat.ts'
import { deliverPurchaseEvent, type PurchaseFields, purchaseEvent } from './revenuecat-events.ts'

export const dayMs = 86_400_000

/** An app that asks that RevenueCat, and takes its webhooks. */
export function revenueCatConfig(revenueCat: RevenueCatStandIn) {
  const { authorization, secret } = testPurchaseWebhook
  const webhook = { webhookAuthorizations: [authorization], webhookSecrets: [secret], sandboxUsers: [] }
  return { revenueCat: { ...webhook, ...revenueCat.config } }
}

/** An event of RevenueCat about somebody, of the app's present instant, delivered and worked on. */
export async function tellOfPurchase(
  app: TestApp,
  user: Pick<User, 'id'>,
  type: string,
  fields: PurchaseFields = {},
): Promise<void> {
  const event = purchaseEvent(type, { app_user_id: user.id, event_timestamp_ms: app.now.getTime(), ...fields })
  const { status } = await deliverPurchaseEvent(app, event)
  if (status !== 200) throw new Error(`The webhook answered ${status}.`)
  await workOffEvents(app)
}

/** Plus by the month at the App Store, ten days old, that renews in twenty; but for what is wished otherwise. */
export function createSubscription(
  app: TestApp,
  user: Pick<User, 'id'> | null,
  wish: Partial<Prisma.PlanSubscriptionUncheckedCreateInput> = {},
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
      ...wish,
    },
  })
}
