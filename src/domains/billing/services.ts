import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'
import type { Encryptor } from '../../platform/encryption/encryptor.ts'
import type { Notifications } from '../../platform/notifications/notifications.ts'
import type { Log } from '../../platform/observability/log.ts'
import { serviceKey } from '../../platform/services.ts'
import type { NotifyUsers } from '../notifications/index.ts'
import type { Emails } from '../users/index.ts'
import type { AttemptCheckout } from './checkouts/attempt-checkout.ts'
import type { HashName } from './events/hash-name.ts'
import type { SandboxRules } from './events/sandbox-rules.ts'
import type { Plans } from './plans/plans.ts'
import type { PurchaseWebhooks, RevenueCat } from './ports.ts'

/** The clients of RevenueCat's API and webhooks. */
export interface BillingVendors {
  readonly revenueCat: RevenueCat
  readonly purchaseWebhooks: PurchaseWebhooks
}

export interface BillingServices {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly notifications: Notifications
  readonly encryptor: Encryptor
  readonly emails: Emails
  readonly notifyUsers: NotifyUsers
  readonly plans: Plans
  readonly revenueCat: RevenueCat
  /** Whether subscriptions come from RevenueCat's API. Otherwise they are computed from its events. */
  readonly canRead: boolean
  readonly webhooks: PurchaseWebhooks
  /** Which purchases in a store's test environment count. */
  readonly sandbox: SandboxRules
  readonly hashName: HashName
  readonly attemptCheckout: AttemptCheckout
}

export const billing = serviceKey<BillingServices>('billing')
