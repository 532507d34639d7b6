import type { PlanLimit } from '../limits.ts'
import './meters.ts'
import './quota-exceeded.ts'
import './usage-of-user.ts'

/** Types that other domains return: the plans of billing have limits. */
declare module '../../../graphql/builder.ts' {
  interface ObjectShapes {
    PlanLimit: PlanLimit
  }
}
