import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError, readSettings } from '../../../config/config.ts'
import { meters } from '../../usage/index.ts'
import { billingDomain } from '../domain.ts'
import { loadPlans } from './load-plans.ts'
import { type Plans, planOfTier, planTiers } from './plans.ts'
import { readPlans } from './read-plans.ts'

const limitsOf = (storage = 10) =>
  meters.map((meter) =>
    meter === 'STORAGE_BYTES' ? { meter, period: 'TOTAL', limit: storage } : { meter, period: 'WEEK', limit: 10 },
  )
const planNamed = (tier: string, changes: object = {}) => ({
  tier,
  name: tier,
  monthlyCredits: 0,
  limits: limitsOf(),
  videos: { atOnce: 3, maxMinutes: 15 },
  ...changes,
})
const plus = { key: 'plus', name: 'Plus', kind: 'SUBSCRIPTION', tier: 'PLUS', storeProducts: ['plus', 'plus:year'] }
const pack = { key: 'pack', name: 'A pack', kind: 'CREDIT_PACK', credits: 5, storeProducts: ['pack'] }

interface FileContent {
  readonly plans?: readonly object[]
  readonly products?: readonly object[]
  readonly videoCredits?: object
}

const allPlans = planTiers.map((tier) => planNamed(tier))
const plansButFree = (changes: object) => [planNamed('FREE', changes), planNamed('PLUS'), planNamed('PRO')]

const folder = mkdtempSync(join(tmpdir(), 'pacer-plans-'))
let files = 0

function write(content: unknown): string {
  files += 1
  const path = join(folder, `plans-${files}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

function problemsOf({ plans = allPlans, products = [plus, pack], ...rest }: FileContent): string[] {
  const path = write({ plans, products, ...rest })
  return readPlans(path).problems.map((problem) => problem.replace(`${path}: `, ''))
}

test("accepts the project's own file", () => {
  const { plans, problems } = readPlans()
  expect(problems).toEqual([])
  expect(planTiers.map((tier) => planOfTier(plans as Plans, tier).name)).toEqual(['Free', 'Plus', 'Pro'])
  const kinds = (plans as Plans).products.map(({ kind }) => kind)
  expect(new Set(kinds)).toEqual(new Set(['SUBSCRIPTION', 'CREDIT_PACK']))
})

test('reads another file and fills in defaults', () => {
  const path = write({ plans: allPlans, products: [plus, pack] })
  expect(readPlans(path).plans?.products).toEqual([
    { ...plus, credits: null, entitlements: [], webPackage: null, currency: null },
    { ...pack, tier: null, entitlements: [], webPackage: null, currency: null },
  ])
  expect(loadPlans(path).plans).toEqual(allPlans)
})

test('reads a file that was written before plans had terms of videos', () => {
  const older = planTiers.map((tier) => planNamed(tier, { videos: undefined }))
  const plans = loadPlans(write({ plans: older, products: [] }))
  expect(plans.plans.map(({ videos }) => videos)).toEqual([
    { atOnce: 1, maxMinutes: 10 },
    { atOnce: 2, maxMinutes: 30 },
    { atOnce: 4, maxMinutes: 60 },
  ])
  expect(plans.videoCredits).toEqual({})
})

test.each<[string, FileContent, string | RegExp]>([
  ['an unknown field', { colour: 'red' } as FileContent, /^the file: .*"colour"/],
  ['an unknown field in a plan', { plans: plansButFree({ colour: 'red' }) }, /^plans\[0\]: .*"colour"/],
  ['a missing tier', { plans: allPlans.slice(0, 2) }, 'plans: no plan PRO.'],
  ['a tier twice', { plans: [...allPlans, planNamed('PLUS')] }, 'plans[3].tier: PLUS appears more than once.'],
  ['credits of FREE', { plans: plansButFree({ monthlyCredits: 1 }) }, /^plans\[0\]\.monthlyCredits: FREE gives none/],
  ['a negative limit', { plans: plansButFree({ limits: limitsOf(-1) }) }, /^plans\[0\]\.limits\[0\]\.limit: /],
  ['a fractional limit', { plans: plansButFree({ limits: limitsOf(0.5) }) }, /^plans\[0\]\.limits\[0\]\.limit: /],
  ['a limit above 2^53', { plans: plansButFree({ limits: limitsOf(2 ** 53) }) }, /^plans\[0\]\.limits\[0\]\.limit: /],
  [
    'a limit twice',
    { plans: plansButFree({ limits: [...limitsOf(), { meter: 'UPLOADS', period: 'WEEK', limit: 1 }] }) },
    'plans[0].limits[5]: UPLOADS a WEEK is limited more than once.',
  ],
  [
    'a meter without a limit',
    { plans: plansButFree({ limits: limitsOf().slice(2) }) },
    'plans[0].limits: no limit of STORAGE_BYTES, UPLOADS; 0 allows none.',
  ],
  [
    'stored bytes by the week',
    { plans: plansButFree({ limits: [{ meter: 'STORAGE_BYTES', period: 'WEEK', limit: 1 }, ...limitsOf().slice(1)] }) },
    /^plans\[0\]\.limits\[0\]\.period: STORAGE_BYTES are limited in TOTAL/,
  ],
  [
    'uploads in total',
    { plans: plansButFree({ limits: [...limitsOf(), { meter: 'UPLOADS', period: 'TOTAL', limit: 1 }] }) },
    /^plans\[0\]\.limits\[5\]\.period: .* by WEEK or MONTH/,
  ],
  [
    'no video at once',
    { plans: plansButFree({ videos: { atOnce: 0, maxMinutes: 10 } }) },
    /^plans\[0\]\.videos\.atOnce: /,
  ],
  [
    'audio that is too long to be transcribed',
    { plans: plansButFree({ videos: { atOnce: 1, maxMinutes: 101 } }) },
    /^plans\[0\]\.videos\.maxMinutes: /,
  ],
  [
    'half of the terms of videos',
    { plans: plansButFree({ videos: { atOnce: 1 } }) },
    /^plans\[0\]\.videos\.maxMinutes: /,
  ],
  ['a video without a price', { videoCredits: { waveform: 0 } }, /^videoCredits\.waveform: /],
  ['an invalid key of a template', { videoCredits: { 'Wave form': 5 } }, /^videoCredits\.Wave form: /],
  ['a key twice', { products: [plus, { ...pack, key: 'plus' }] }, 'products[1].key: plus appears more than once.'],
  [
    "a store's product twice",
    { products: [plus, { ...pack, storeProducts: ['other', 'plus:year'] }] },
    'products[1].storeProducts[1]: plus:year appears more than once.',
  ],
  ['a subscription of FREE', { products: [{ ...plus, tier: 'FREE' }] }, /^products\[0\]\.tier: /],
  ['a subscription without a tier', { products: [{ ...plus, tier: undefined }] }, /^products\[0\]\.tier: /],
  ['a subscription with credits', { products: [{ ...plus, credits: 5 }] }, /^products\[0\]: .*"credits"/],
  ['a pack without credits', { products: [{ ...pack, credits: 0 }] }, /^products\[0\]\.credits: /],
  ['a pack with a tier', { products: [{ ...pack, tier: 'PLUS' }] }, /^products\[0\]: .*"tier"/],
  ['a product of an unknown kind', { products: [{ ...pack, kind: 'GIFT' }] }, /^products\[0\]\.kind: /],
])('%s is refused, with its place', (_, content, problem) => {
  expect(problemsOf(content)).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
})

test('reports all problems at once, together with those of the environment, and stops the start', () => {
  const products = [
    { ...plus, key: 'A B' },
    { ...pack, credits: 0 },
  ]
  const path = write({ plans: plansButFree({ monthlyCredits: -1 }), products })
  const start = () => readSettings({ PORT: 'x', PLANS_FILE: path }, [billingDomain.checkEnvironment])
  expect(start).toThrow(ConfigError)
  for (const place of ['PORT: ', 'plans[0].monthlyCredits: ', 'products[0].key: ', 'products[1].credits: ']) {
    expect(start, place).toThrow(place)
  }
  expect(start).toThrow(`  - ${path}: products[0].key: `)
})

test.each([
  ['that does not exist', join(folder, 'nowhere.json'), /no such file/],
  ['that is not JSON', write('plans: []'), /not valid JSON/],
])('a file %s stops the start', (_, path, why) => {
  const start = () => loadPlans(path)
  expect(start).toThrow(ConfigError)
  expect(start).toThrow(`${path}: the plans and products cannot be read from there: `)
  expect(start).toThrow(why)
})
