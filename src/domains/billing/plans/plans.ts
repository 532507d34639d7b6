import type { PlanLimit } from '../../usage/index.ts'

/** Plans with their limits, and products. They are read from plans.json beside this module, or from PLANS_FILE. */

export const planTiers = ['FREE', 'PLUS', 'PRO'] as const
/** From the lowest to the highest. */
export type PlanTier = (typeof planTiers)[number]

/** What a plan allows for videos, besides the limit of VIDEOS. */
export interface VideoTerms {
  /** How many videos of a user are rendered at the same time. The others wait. */
  readonly atOnce: number
  /** The longest audio of a video. */
  readonly maxMinutes: number
}

export interface Plan {
  readonly tier: PlanTier
  readonly name: string
  readonly monthlyCredits: number
  readonly limits: readonly PlanLimit[]
  readonly videos: VideoTerms
}

export interface Product {
  /** Pacer's own key: plus-monthly. */
  readonly key: string
  readonly name: string
  readonly kind: 'SUBSCRIPTION' | 'CREDIT_PACK'
  /** The tier of a subscription. Null for credit packs. */
  readonly tier: PlanTier | null
  /** The credits of a pack. Null for subscriptions. */
  readonly credits: number | null
  /** Entitlements that it gives, by RevenueCat's identifiers. */
  readonly entitlements: readonly string[]
  /** Product ids in the stores. Google's include the base plan: premium:monthly. */
  readonly storeProducts: readonly string[]
  /** The package of the web purchase link. Null if it is not sold on the web. */
  readonly webPackage: string | null
  readonly currency: string | null
}

export interface Plans {
  readonly plans: readonly Plan[]
  readonly products: readonly Product[]
  /** The price of a video in credits, by the key of its template. Templates that are not named have a default price. */
  readonly videoCredits: Readonly<Record<string, number>>
}

/** Returns the plan of a tier. The file has exactly one per tier. */
export function planOfTier({ plans }: Plans, tier: PlanTier): Plan {
  const plan = plans.find((candidate) => candidate.tier === tier)
  if (!plan) throw new Error(`There is no plan ${tier}.`)
  return plan
}
