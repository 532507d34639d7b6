import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { plansWith, subscribe } from '../../../testing/plans.ts'
import { decrementUsage, QuotaExceeded } from '../index.ts'
import { usage } from '../services.ts'
import type { Amounts } from './consume.ts'

const wednesday = new Date('2026-11-18T10:00:00.000Z')
const nextMonday = '2026-11-23T00:00:00.000Z'
const nextMonth = '2026-12-01T00:00:00.000Z'

let app: TestApp
let user: User
let userCount = 0
beforeAll(async () => {
  const plans = plansWith('FREE', [
    { meter: 'VIDEOS', period: 'WEEK', limit: 5 },
    { meter: 'VIDEOS', period: 'MONTH', limit: 8 },
    { meter: 'DATA_EXPORTS', period: 'MONTH', limit: 0 },
    { meter: 'UPLOADS', period: 'WEEK', limit: 100 },
    { meter: 'STORAGE_BYTES', period: 'TOTAL', limit: Number.MAX_SAFE_INTEGER },
  ])
  app = await startTestApp({ plans, config: { poolSize: 20 } })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  app.now = wednesday
  userCount += 1
  user = await createUser(app, `user.${userCount}@example.com`)
})

const consume = (amounts: Amounts) =>
  app.app.db.transaction((tx) => app.app.services(usage).consume(tx, { userId: user.id, amounts, now: app.now }))

const refusal = (amounts: Amounts) =>
  consume(amounts).then(
    () => null,
    (error: unknown) => error,
  )

/** The used amount of each limit. */
async function used(): Promise<Record<string, number>> {
  const usages = (await app.app.services(usage).of(app.app.db.prisma, [user.id], app.now)).get(user.id) ?? []
  return Object.fromEntries(usages.map((each) => [`${each.meter} ${each.period}`, each.used]))
}

const setTimeZone = (timeZone: string) => app.app.db.prisma.user.update({ where: { id: user.id }, data: { timeZone } })

describe('consume', () => {
  test('counts in every period that has a limit, and in no other', async () => {
    await consume({ VIDEOS: 2, STORAGE_BYTES: 2 ** 40 })
    await consume({ VIDEOS: 3 })
    const rows = await app.app.db.prisma.usageCounter.findMany({
      where: { userId: user.id },
      orderBy: { used: 'asc' },
    })
    expect(rows).toMatchObject([
      { meter: 'VIDEOS', period: 'WEEK', used: 5n, startsAt: new Date('2026-11-16Z'), endsAt: new Date(nextMonday) },
      { meter: 'VIDEOS', period: 'MONTH', used: 5n, startsAt: new Date('2026-11-01Z'), endsAt: new Date(nextMonth) },
      { meter: 'STORAGE_BYTES', period: 'TOTAL', used: 2n ** 40n, startsAt: wednesday, endsAt: null },
    ])
  })

  test('counts up to the limit; QuotaExceeded states the limit, the usage and the reset time', async () => {
    await consume({ VIDEOS: 4 })
    const error = await refusal({ VIDEOS: 2 })
    expect(error).toBeInstanceOf(QuotaExceeded)
    expect(error).toMatchObject({ meter: 'VIDEOS', period: 'WEEK', limit: 5, used: 4, resetAt: new Date(nextMonday) })
    expect(String(error)).toContain(
      `5 videos per week, and 4 are used. Too few are left for this request. Wait until Nov 23, 2026, 12:00 AM UTC`,
    )
    await consume({ VIDEOS: 1 })
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 5, 'VIDEOS MONTH': 5 })
  })

  test('throws QuotaExceeded for a limit of 0 and for an amount above the limit', async () => {
    expect(await refusal({ DATA_EXPORTS: 1 })).toMatchObject({ limit: 0, used: 0, resetAt: new Date(nextMonth) })
    expect(await refusal({ VIDEOS: 6 })).toMatchObject({ period: 'WEEK', used: 0, resetAt: new Date(nextMonday) })
    expect(await app.app.db.prisma.usageCounter.count({ where: { userId: user.id } })).toBe(0)
  })

  test('counts all periods and meters or none', async () => {
    await consume({ VIDEOS: 5 })
    app.now = new Date(nextMonday)
    // The week has capacity again, the month has not.
    expect(await refusal({ VIDEOS: 4, STORAGE_BYTES: 7, UPLOADS: 1 })).toMatchObject({
      period: 'MONTH',
      limit: 8,
      used: 5,
    })
    expect(await used()).toMatchObject({
      'VIDEOS WEEK': 0,
      'VIDEOS MONTH': 5,
      'STORAGE_BYTES TOTAL': 0,
      'UPLOADS WEEK': 0,
    })
    await consume({ VIDEOS: 3, STORAGE_BYTES: 7, UPLOADS: 1 })
    expect(await used()).toMatchObject({
      'VIDEOS WEEK': 3,
      'VIDEOS MONTH': 8,
      'STORAGE_BYTES TOTAL': 7,
      'UPLOADS WEEK': 1,
    })
    // Both limits are exceeded; the month is reset later.
    expect(await refusal({ VIDEOS: 3 })).toMatchObject({ period: 'MONTH', resetAt: new Date(nextMonth) })
  })

  test('increments quota_exceeded_total for each refusal', async () => {
    const before = await exceeded()
    // Counters start at 0: Prometheus sees no increase in a counter that is first exposed at 1.
    expect(before).toMatchObject({ PLUS: 0, PRO: 0 })
    await refusal({ VIDEOS: 6 })
    await subscribe(app, user.id, 'pro:annual')
    await refusal({ VIDEOS: 201 })
    expect(await exceeded()).toEqual({ ...before, FREE: (before.FREE ?? 0) + 1, PRO: (before.PRO ?? 0) + 1 })
  })

  /** The refusals of VIDEOS, by tier. */
  async function exceeded(): Promise<Partial<Record<string, number>>> {
    const { text } = await app.app.metrics.expose()
    const lines = text.matchAll(/^quota_exceeded_total\{meter="VIDEOS",tier="(\w+)"\} (\d+)$/gm)
    return Object.fromEntries([...lines].map(([, tier, count]) => [tier, Number(count)]))
  }
})

describe('concurrent calls', () => {
  test('of 60 that each consume 3 of 100, 33 succeed and 27 throw QuotaExceeded', async () => {
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => refusal({ UPLOADS: 3, STORAGE_BYTES: 10 })))
    const refusals = outcomes.filter((outcome) => outcome !== null)
    expect(refusals).toHaveLength(27)
    // A deadlock, a timeout or a unique violation would be another error.
    expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ meter: 'UPLOADS', limit: 100, used: 99 })))
    expect(await used()).toMatchObject({ 'UPLOADS WEEK': 99, 'STORAGE_BYTES TOTAL': 330 })
  })

  test('at the start of a window reset the counter once', async () => {
    await consume({ UPLOADS: 100 })
    app.now = new Date(nextMonday)
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => refusal({ UPLOADS: 4 })))
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(25)
    expect(await used()).toMatchObject({ 'UPLOADS WEEK': 100 })
  })
})

describe('a changed time zone', () => {
  test('takes effect with the next window, which starts where the previous one ended', async () => {
    await consume({ UPLOADS: 100 })
    await setTimeZone('Pacific/Kiritimati')
    // In that zone it is already Monday.
    app.now = new Date('2026-11-22T12:00Z')
    expect(await refusal({ UPLOADS: 1 })).toMatchObject({ period: 'WEEK', resetAt: new Date(nextMonday) })
    app.now = new Date(nextMonday)
    await consume({ UPLOADS: 1 })
    expect(await refusal({ UPLOADS: 100 })).toMatchObject({ used: 1, resetAt: new Date('2026-11-29T10:00:00.000Z') })
  })

  test('to the west at the end of a week adds no window: the remaining hours belong to the next week', async () => {
    await consume({ UPLOADS: 100 })
    app.now = new Date(nextMonday)
    await setTimeZone('Pacific/Pago_Pago')
    await consume({ UPLOADS: 1 })
    // In that zone the previous week ends at 11:00 UTC.
    app.now = new Date('2026-11-23T12:00Z')
    expect(await refusal({ UPLOADS: 100 })).toMatchObject({ used: 1, resetAt: new Date('2026-11-30T11:00:00.000Z') })
  })
})

describe('a change of the plan', () => {
  test('to a larger one applies at once; to a smaller one keeps the usage and refuses new requests', async () => {
    await consume({ VIDEOS: 5 })
    const id = await subscribe(app, user.id)
    await consume({ VIDEOS: 4 })
    await app.app.db.prisma.planSubscription.update({ where: { id }, data: { endedAt: app.now } })
    expect(await refusal({ VIDEOS: 1 })).toMatchObject({ period: 'MONTH', limit: 8, used: 9 })
    expect(await used()).toMatchObject({ 'VIDEOS MONTH': 9 })
  })
})

describe('decrementUsage', () => {
  const decrement = (amount: number) =>
    app.app.db.transaction((tx) => decrementUsage(tx, { userId: user.id, meter: 'STORAGE_BYTES', amount }))

  test('reduces the TOTAL counter, never below zero', async () => {
    await consume({ STORAGE_BYTES: 10 })
    await decrement(4)
    expect(await used()).toMatchObject({ 'STORAGE_BYTES TOTAL': 6 })
    await decrement(7)
    expect(await used()).toMatchObject({ 'STORAGE_BYTES TOTAL': 0 })
  })
})

test('consume takes three statements: the plan, the windows and the conditional increment', async () => {
  app.takeStatements()
  await consume({ UPLOADS: 1, STORAGE_BYTES: 1 })
  expect(app.takeStatements()).toEqual([
    expect.stringContaining('"plan_subscriptions"'),
    expect.stringContaining('LEFT JOIN usage_counters'),
    expect.stringContaining('INSERT INTO usage_counters'),
  ])
})
