import { builder } from '../../../../graphql/builder.ts'
import { PlanTier } from '../../plans/graphql/plan.ts'
import { onlyConfiguredProducts } from '../../plans/only-configured-products.ts'
import { productOf } from '../../plans/product-of.ts'
import { billing } from '../../services.ts'
import { doesRenew } from '../describe-renewal.ts'
import { statusOf } from '../subscription-status.ts'

const SubscriptionStatus = builder.enumType('SubscriptionStatus', {
  description: 'The status of a subscription.',
  values: {
    TRIALING: { description: 'The subscription is in its trial period.' },
    ACTIVE: { description: 'The subscription is paid and will renew, or gives lifetime access.' },
    CANCELLED: { description: 'The subscription is paid until the end of the period and will not renew.' },
    GRACE_PERIOD: { description: 'The last payment failed. Access continues during the grace period.' },
    BILLING_ISSUE: { description: 'The last payment failed. The user must correct the payment method in the store.' },
    PAUSED: { description: 'The subscription gives no access until the user resumes it.' },
    EXPIRED: { description: 'The subscription has ended.' },
  } as const,
})

export const PlanSubscriptionNode = builder.prismaNode('PlanSubscription', {
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A subscription to a plan, from any store.',
  nullable: true,
  // Subscriptions without a user and subscriptions to products that are not configured are not returned.
  findUnique: (id, { viewer, services }) => ({
    id,
    userId: viewer?.isAdmin ? { not: null } : (viewer?.user.id ?? ''),
    ...onlyConfiguredProducts(services(billing).plans),
  }),
  authScopes: ({ userId }) => ({ read: userId ?? '' }),
  fields: (t) => ({
    tier: t.field({
      type: PlanTier,
      description: 'The tier of the plan that the subscription gives while it is active.',
      resolve: ({ productId }, _args, { services }) => productOf(services(billing).plans, productId)?.tier ?? 'FREE',
    }),
    status: t.field({
      type: SubscriptionStatus,
      description: 'The current status of the subscription.',
      resolve: (subscription, _args, { clock }) => statusOf(subscription, clock()),
    }),
    store: t.exposeString('store', {
      nullable: true,
      description:
        'The store where the subscription was bought, as RevenueCat names it. Examples: APP_STORE, PLAY_STORE, RC_BILLING. RevenueCat may add values.',
    }),
    productId: t.exposeString('productId', {
      nullable: true,
      description: 'The identifier of the product in the store.',
    }),
    willRenew: t.boolean({
      description: 'Whether the subscription renews when the period ends.',
      resolve: (subscription, _args, { clock }) => doesRenew(subscription, clock()),
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the subscription started.' }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When access ends unless the subscription is renewed. With a grace period, access continues until `gracePeriodEndsAt`. Null for lifetime access.',
      resolve: ({ endedAt, expiresAt }) => endedAt ?? expiresAt,
    }),
    gracePeriodEndsAt: t.expose('graceEndsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when access continues although the last payment failed. Null without a grace period.',
    }),
    managementUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'Where the user can change or cancel the subscription in the store. Null if it is not known.',
      select: { user: { select: { billingCustomer: { select: { managementUrl: true } } } } },
      resolve: ({ managementUrl, user }) => managementUrl ?? user?.billingCustomer?.managementUrl ?? null,
    }),
  }),
})
