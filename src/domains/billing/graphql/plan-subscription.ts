import { builder } from '../../../graphql/builder.ts'
import { statusOf } from '../access.ts'
import { configuredOnly } from '../configured.ts'
import { productOf } from '../product-of.ts'
import { doesRenew } from '../renewal.ts'
import { PlanTier } from './plan.ts'

const SubscriptionStatus = builder.enumType('SubscriptionStatus', {
  description: 'How a subscription stands.',
  values: {
    TRIALING: { description: 'In its trial.' },
    ACTIVE: { description: 'Paid, and it will renew; or for ever.' },
    CANCELLED: { description: 'Paid to its end, and it will not renew.' },
    GRACE_PERIOD: { description: 'The last payment failed; access goes on for the grace period.' },
    BILLING_ISSUE: { description: 'The last payment failed. The person must mend it at the store.' },
    PAUSED: { description: 'Without access until the person resumes it.' },
    EXPIRED: { description: 'Over.' },
  } as const,
})

export const PlanSubscriptionNode = builder.prismaNode('PlanSubscription', {
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'A subscription to a plan, wherever it was bought.',
  nullable: true,
  // One of nobody yet is nobody's, and one of a product that nobody configured is not shown.
  findUnique: (id, { viewer, ports }) => ({
    id,
    userId: viewer?.isAdmin ? { not: null } : (viewer?.user.id ?? ''),
    ...configuredOnly(ports.plans),
  }),
  authScopes: ({ userId }) => ({ read: userId ?? '' }),
  fields: (t) => ({
    tier: t.field({
      type: PlanTier,
      description: 'The plan that it gives while it is active.',
      resolve: ({ productId }, _args, { ports }) => productOf(ports.plans, productId)?.tier ?? 'FREE',
    }),
    status: t.field({
      type: SubscriptionStatus,
      description: 'How it stands now.',
      resolve: (subscription, _args, { clock }) => statusOf(subscription, clock()),
    }),
    store: t.exposeString('store', {
      nullable: true,
      description: "Where it was bought, by RevenueCat's names: APP_STORE, PLAY_STORE, RC_BILLING. They grow.",
    }),
    productId: t.exposeString('productId', { nullable: true, description: 'What the store calls the product.' }),
    willRenew: t.boolean({
      description: 'Whether it goes on when the period ends.',
      resolve: (subscription, _args, { clock }) => doesRenew(subscription, clock()),
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Access ends here unless it is renewed, after the grace period where there is one; null for lifetime.',
      resolve: ({ endedAt, expiresAt }) => endedAt ?? expiresAt,
    }),
    gracePeriodEndsAt: t.expose('graceEndsAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when there is access although the last payment failed; null without a grace period.',
    }),
    managementUrl: t.field({
      type: 'URL',
      nullable: true,
      description: 'Where the person changes or ends it at the store; null where it is not known.',
      select: { user: { select: { billingCustomer: { select: { managementUrl: true } } } } },
      resolve: ({ managementUrl, user }) => managementUrl ?? user?.billingCustomer?.managementUrl ?? null,
    }),
  }),
})
