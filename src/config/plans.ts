/** What people can have: plans with their limits, and what is sold. The file is src/config/plans.json or PLANS_FILE. */

export const planTiers = ['FREE', 'PLUS', 'PRO'] as const
/** From the least to the best. */
export type PlanTier = (typeof planTiers)[number]

export const meters = ['STORAGE_BYTES', 'UPLOADS', 'VIDEOS', 'COACH_TOKENS', 'DATA_EXPORTS'] as const
export type Meter = (typeof meters)[number]

export const quotaPeriods = ['WEEK', 'MONTH', 'TOTAL'] as const
export type QuotaPeriod = (typeof quotaPeriods)[number]

export interface PlanLimit {
  readonly meter: Meter
  readonly period: QuotaPeriod
  readonly limit: number
}

export interface Plan {
  readonly tier: PlanTier
  readonly name: string
  readonly monthlyCredits: number
  readonly limits: readonly PlanLimit[]
}

export interface Product {
  /** Ours: plus-monthly. */
  readonly key: string
  readonly name: string
  readonly kind: 'SUBSCRIPTION' | 'CREDIT_PACK'
  /** Of a subscription. */
  readonly tier: PlanTier | null
  /** Of a credit pack. */
  readonly credits: number | null
  /** What it lets people do, by RevenueCat's names. */
  readonly entitlements: readonly string[]
  /** What the stores call it; Google's with the base plan: premium:monthly. */
  readonly storeProducts: readonly string[]
  /** The package of the web purchase link; null where it is not sold on the web. */
  readonly webPackage: string | null
  readonly currency: string | null
}

export interface Plans {
  readonly plans: readonly Plan[]
  readonly products: readonly Product[]
}

/** The plan of a tier; the file has each tier once. */
export function planOfTier({ plans }: Plans, tier: PlanTier): Plan {
  const plan = plans.find((candidate) => candidate.tier === tier)
  if (!plan) throw new Error(`There is no plan ${tier}.`)
  return plan
}
