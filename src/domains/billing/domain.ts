import './graphql/schema.ts'
import { defineDomain } from '../define-domain.ts'
import { notifications as userNotifications } from '../notifications/index.ts'
import { users } from '../users/index.ts'
import { createAttemptCheckout } from './checkouts/attempt-checkout.ts'
import { checkoutCron, checkoutJobs } from './checkouts/jobs/handlers.ts'
import { claimPurchases } from './events/claim-purchases.ts'
import { createHashName } from './events/hash-name.ts'
import { purchaseInbox } from './events/purchase-inbox.ts'
import { revenueCatWebhook } from './events/webhook.ts'
import { billingMessages } from './messages.ts'
import { identifyingNamesOf, purchaseEventsOf, purchasesOfUser } from './personal-data.ts'
import { loadPlans } from './plans/load-plans.ts'
import { planLimitsOf } from './plans/plan-limits.ts'
import { readPlans } from './plans/read-plans.ts'
import { type BillingServices, type BillingVendors, billing } from './services.ts'
import { billingProblem, billingProblemMessages } from './subscriptions/billing-problem.ts'
import { subscriptionCron, subscriptionJobs } from './subscriptions/jobs/handlers.ts'

/** Subscriptions, plans and checkouts, computed from what RevenueCat reports. */
export const billingDomain = defineDomain<BillingVendors, BillingServices>({
  name: 'billing',
  key: billing,
  checkEnvironment: ({ PLANS_FILE }) => readPlans(PLANS_FILE).problems,
  build({ platform, vendors: { revenueCat, purchaseWebhooks: webhooks }, services }) {
    const { db, clock, log, metrics, notifications, encryptor, config } = platform
    const hashName = createHashName(config.privacy.indexKey)
    return {
      db,
      clock,
      log,
      notifications,
      encryptor,
      emails: services(users).emails,
      notifyUsers: services(userNotifications).notifyUsers,
      plans: loadPlans(config.plansFile),
      revenueCat,
      canRead: revenueCat.canRead,
      webhooks,
      sandbox: { allowed: config.allowsSandbox, testers: config.revenueCat.sandboxUsers.map(hashName) },
      hashName,
      attemptCheckout: createAttemptCheckout({ db, revenueCat, clock, log, metrics }),
    }
  },
  jobs: (services) => [...subscriptionJobs(services), ...checkoutJobs(services)],
  cron: [...subscriptionCron, ...checkoutCron],
  webhooks: (services) => [
    {
      endpoint: revenueCatWebhook(services),
      inbox: purchaseInbox(services),
      userEventsFilter: purchaseEventsOf(services),
      keptSubjects: identifyingNamesOf,
    },
  ],
  // Assigns purchases made before the first request to the new user.
  onUserCreated: (services) => (tx, user) => claimPurchases(tx, services, user),
  planLimits: planLimitsOf,
  notificationKinds: [billingProblem],
  messages: [billingMessages, billingProblemMessages],
  personalData: (services) => [purchasesOfUser(services)],
})
