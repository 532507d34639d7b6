import type { Plans } from '../../config/plans.ts'
import type { AttemptCheckout } from './attempt-checkout.ts'
import type { RevenueCat } from './ports.ts'
import './graphql/errors.ts'
import './graphql/plan.ts'
import './graphql/product.ts'
import './graphql/plan-subscription.ts'
import './graphql/plan-of-user.ts'
import './graphql/plan-changed.ts'
import './graphql/checkout.ts'
import './graphql/start-checkout.ts'
import './graphql/cancel-subscription.ts'

/** What the resolvers of billing need of the context. */
declare module '../../graphql/context.ts' {
  interface Ports {
    readonly plans: Plans
    readonly revenueCat: RevenueCat
    readonly attemptCheckout: AttemptCheckout
  }
}
