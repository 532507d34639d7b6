import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { meters, quotaPeriods } from '../../usage/index.ts'
import { type Plan, type Plans, type PlanTier, planTiers, type VideoTerms } from './plans.ts'

const ownFile = fileURLToPath(new URL('plans.json', import.meta.url))

const name = z.string().trim().min(1)
const names = z.array(name).default([])

const limit = z
  .strictObject({ meter: z.enum(meters), period: z.enum(quotaPeriods), limit: z.int().min(0) })
  .refine(({ meter, period }) => (meter === 'STORAGE_BYTES') === (period === 'TOTAL'), {
    path: ['period'],
    message: 'STORAGE_BYTES are limited in TOTAL, as deleting gives them back, and everything else by WEEK or MONTH',
  })

/** For files that were written before plans had these terms. */
const defaultVideoTerms: Readonly<Record<PlanTier, VideoTerms>> = {
  FREE: { atOnce: 1, maxMinutes: 10 },
  PLUS: { atOnce: 2, maxMinutes: 30 },
  PRO: { atOnce: 4, maxMinutes: 60 },
}

/** 100 minutes of the audio that is sent to be transcribed are 24 MB; Groq accepts 25 MB. */
const videoTerms = z.strictObject({ atOnce: z.int().min(1).max(100), maxMinutes: z.int().min(1).max(100) })

const plan = z
  .strictObject({
    tier: z.enum(planTiers),
    name,
    monthlyCredits: z.int().min(0).max(1_000_000),
    limits: z.array(limit),
    videos: videoTerms.optional(),
  })
  .check(({ value, issues }) => {
    const { tier, monthlyCredits, limits } = value
    const addIssue = (path: (string | number)[], message: string) =>
      issues.push({ code: 'custom', input: value, path, message })
    if (tier === 'FREE' && monthlyCredits > 0)
      addIssue(['monthlyCredits'], 'FREE gives none, because its months are not paid')
    for (const [at, other] of repeated(limits.map(({ meter, period }) => `${meter} a ${period}`))) {
      addIssue(['limits', at], `${other} is limited more than once`)
    }
    const unlimited = meters.filter((meter) => !limits.some((each) => each.meter === meter))
    if (unlimited.length > 0) addIssue(['limits'], `no limit of ${unlimited.join(', ')}; 0 allows none`)
  })
  .transform((own): Plan => ({ ...own, videos: own.videos ?? defaultVideoTerms[own.tier] }))

const key = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be small letters and digits with hyphens: plus-monthly')

const sold = {
  key,
  name,
  entitlements: names,
  storeProducts: names,
  webPackage: name.nullable().default(null),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency such as EUR')
    .nullable()
    .default(null),
}
const product = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('SUBSCRIPTION'), tier: z.enum(planTiers).exclude(['FREE']), ...sold })
    .transform((own) => ({ ...own, credits: null })),
  z
    .strictObject({ kind: z.literal('CREDIT_PACK'), credits: z.int().min(1).max(1_000_000), ...sold })
    .transform((own) => ({ ...own, tier: null })),
])

/** A hold of credits has at least one. */
const videoCredits = z.record(key, z.int().min(1).max(1_000_000)).default({})

const file = z.strictObject({ plans: z.array(plan), products: z.array(product), videoCredits })
const content = file.check(({ value, issues }) => {
  const { plans, products } = value
  const addIssue = (path: (string | number)[], message: string) =>
    issues.push({ code: 'custom', input: value, path, message })
  for (const [at, tier] of repeated(plans.map(({ tier }) => tier)))
    addIssue(['plans', at, 'tier'], `${tier} appears more than once`)
  const absent = planTiers.filter((tier) => !plans.some((each) => each.tier === tier))
  if (absent.length > 0) addIssue(['plans'], `no plan ${absent.join(', ')}`)
  for (const [at, key] of repeated(products.map(({ key }) => key)))
    addIssue(['products', at, 'key'], `${key} appears more than once`)
  const places = products.flatMap(({ storeProducts }, at) => storeProducts.map((id, place) => ({ id, at, place })))
  for (const [index, id] of repeated(places.map((place) => place.id))) {
    const { at, place } = places[index] ?? { at: 0, place: 0 }
    addIssue(['products', at, 'storeProducts', place], `${id} appears more than once`)
  }
})

/** The items that repeat an earlier one, with their index. */
function repeated<Item>(items: readonly Item[]): [number, Item][] {
  return [...items.entries()].filter(([at, item]) => items.indexOf(item) < at)
}

/** The plans, or all problems: the file, the place in it, and what is wrong. */
export type ReadPlans =
  | { readonly plans: Plans; readonly problems: readonly [] }
  | { readonly plans: null; readonly problems: readonly string[] }

/** Reads and checks plans.json beside this module, or another file. */
export function readPlans(file: string = ownFile): ReadPlans {
  const path = resolve(file)
  const failed = (problems: readonly string[]): ReadPlans => ({ plans: null, problems })
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return failed([`${path}: the plans and products cannot be read from there: ${why}.`])
  }
  const parsed = content.safeParse(json)
  if (parsed.success) return { plans: sortedByTier(parsed.data), problems: [] }
  return failed(parsed.error.issues.map((issue) => `${path}: ${placeOf(issue.path)}: ${issue.message}.`))
}

/** Sorts the plans from the lowest tier to the highest. */
function sortedByTier({ plans, ...others }: Plans): Plans {
  const rank = ({ tier }: Plan) => planTiers.indexOf(tier)
  return { plans: plans.toSorted((one, other) => rank(one) - rank(other)), ...others }
}

/** Formats a path: products[3].storeProducts[0]. */
function placeOf(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
  return steps.join('').replace(/^\./, '') || 'the file'
}
