import { activitiesDomain } from '../domains/activities/domain.ts'
import { billingDomain } from '../domains/billing/domain.ts'
import { creditsDomain } from '../domains/credits/domain.ts'
import type { Domain } from '../domains/define-domain.ts'
import { notificationsDomain } from '../domains/notifications/domain.ts'
import { privacyDomain } from '../domains/privacy/domain.ts'
import { uploadsDomain } from '../domains/uploads/domain.ts'
import { usageDomain } from '../domains/usage/domain.ts'
import { usersDomain } from '../domains/users/domain.ts'
import { videosDomain } from '../domains/videos/domain.ts'
import type { Adapters } from './adapters.ts'

/**
 * Every domain, from the lowest to the highest. The order is the layering: a domain may import the ones before it and
 * none after it. `npm run check:imports` generates its rules from this list.
 */
export const domains: readonly Domain<Adapters>[] = [
  usersDomain,
  notificationsDomain,
  creditsDomain,
  usageDomain,
  billingDomain,
  uploadsDomain,
  activitiesDomain,
  videosDomain,
  privacyDomain,
]
