import type { PlanLimit } from '../../config/plans.ts'
import type { Usage } from './create-usage.ts'
import './graphql/meters.ts'
import './graphql/quota-exceeded.ts'
import './graphql/usage-of-user.ts'

/** What the resolvers of usage need of the context. */
declare module '../../graphql/context.ts' {
  interface Ports {
    readonly usage: Usage
  }
}

/** Billing's plans have limits. */
declare module '../../graphql/builder.ts' {
  interface ObjectShapes {
    PlanLimit: PlanLimit
  }
}
