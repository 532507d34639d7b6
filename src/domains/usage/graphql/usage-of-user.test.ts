import { afterAll, beforeAll, expect, test } from 'vitest'
import { PlansAndUsageDocument } from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { subscribe } from '../../../testing/plans.ts'
import type { Amounts } from '../commands/consume.ts'
import { usage } from '../services.ts'

const ada = 'ada@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  app.now = new Date('2024-11-20T10:00Z')
})
afterAll(() => app[Symbol.asyncDispose]())

const consume = (userId: string, amounts: Amounts) =>
  app.app.db.transaction((tx) => app.app.services(usage).consume(tx, { userId, amounts, now: app.now }))

async function usageOf(as: string) {
  const { data, errors } = await app.run(as, PlansAndUsageDocument)
  expect(errors).toBeUndefined()
  return data.me?.usage
}

test('usage lists every limit of the plan, used or not, with its reset time', async () => {
  const { id } = await createUser(app, ada, { timeZone: 'Asia/Seoul' })
  await consume(id, { UPLOADS: 3, STORAGE_BYTES: 5_000_000_000 / 4 })
  const week = '2024-11-24T15:00:00.000Z'
  const month = '2024-11-30T15:00:00.000Z'
  expect(await usageOf(ada)).toEqual([
    { meter: 'STORAGE_BYTES', period: 'TOTAL', used: 1_250_000_000, limit: 2 * 1024 ** 3, resetAt: null },
    { meter: 'UPLOADS', period: 'WEEK', used: 3, limit: 200, resetAt: week },
    { meter: 'UPLOADS', period: 'MONTH', used: 3, limit: 500, resetAt: month },
    { meter: 'VIDEOS', period: 'MONTH', used: 0, limit: 3, resetAt: month },
    { meter: 'COACH_TOKENS', period: 'WEEK', used: 0, limit: 20_000, resetAt: week },
    { meter: 'COACH_TOKENS', period: 'MONTH', used: 0, limit: 50_000, resetAt: month },
    { meter: 'DATA_EXPORTS', period: 'MONTH', used: 0, limit: 5, resetAt: month },
  ])

  app.now = new Date(week)
  const later = await usageOf(ada)
  expect(later?.slice(0, 3)).toMatchObject([
    { meter: 'STORAGE_BYTES', used: 1_250_000_000 },
    { meter: 'UPLOADS', period: 'WEEK', used: 0, resetAt: '2024-12-01T15:00:00.000Z' },
    { meter: 'UPLOADS', period: 'MONTH', used: 3, resetAt: month },
  ])
})

test('the limits are those of the largest active plan', async () => {
  const { id } = await createUser(app, 'bea@example.com')
  await subscribe(app, id)
  const subscriptionId = await subscribe(app, id, 'pro:annual')
  expect((await usageOf('bea@example.com'))?.[1]).toMatchObject({ meter: 'UPLOADS', limit: 5_000 })
  await app.app.db.prisma.planSubscription.update({ where: { id: subscriptionId }, data: { endedAt: app.now } })
  expect((await usageOf('bea@example.com'))?.[1]).toMatchObject({ meter: 'UPLOADS', limit: 1_000 })
})

test('plans and products are public, from the smallest plan to the largest', async () => {
  const { data, errors } = await app.run(null, PlansAndUsageDocument)
  expect(errors).toBeUndefined()
  expect(data.me).toBeNull()
  expect(data.plans.map(({ tier, monthlyCredits }) => [tier, monthlyCredits])).toEqual([
    ['FREE', 0],
    ['PLUS', 300],
    ['PRO', 1_000],
  ])
  expect(data.plans[0]?.limits).toContainEqual({ meter: 'UPLOADS', period: 'WEEK', limit: 200 })
  expect(data.products).toContainEqual({
    key: 'plus-monthly',
    name: 'Plus, monthly',
    kind: 'SUBSCRIPTION',
    tier: 'PLUS',
    credits: null,
  })
  expect(data.products).toContainEqual({
    key: 'credits-500',
    name: '500 credits',
    kind: 'CREDIT_PACK',
    tier: null,
    credits: 500,
  })
})

test('usage of a page of users takes two statements, whatever the size of the page', async () => {
  await createUser(app, 'admin@example.com', { role: 'ADMIN' })
  for (let n = 0; n < 12; n += 1) {
    const { id } = await createUser(app, `user.${n}@example.com`)
    await consume(id, { UPLOADS: n + 1 })
  }
  const page = 'query ($first: Int) { users(first: $first) { edges { node { id usage { meter used limit } } } } }'
  const counts = []
  for (const first of [2, 12]) {
    app.takeStatements()
    const { data, errors } = await app.query('admin@example.com', page, { first })
    expect(errors).toBeUndefined()
    const { edges } = (data as { users: { edges: { node: { usage: { used: number }[] } }[] } }).users
    expect(edges).toHaveLength(first)
    const statements = app.takeStatements()
    expect(statements.filter((sql) => sql.includes('usage_counters'))).toHaveLength(1)
    expect(statements.filter((sql) => sql.includes('"plan_subscriptions"'))).toHaveLength(1)
    counts.push(statements.length)
  }
  expect(counts[0]).toBe(counts[1])
})
