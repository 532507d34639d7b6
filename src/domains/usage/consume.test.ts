import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { plansWith, subscribe } from '../../testing/plans.ts'
import type { Amounts } from './consume.ts'
import { giveBack, QuotaExceeded } from './index.ts'

const wednesday = new Date('2026-11-18T10:00:00.000Z')
const nextMonday = '2026-11-23T00:00:00.000Z'
const nextMonth = '2026-12-01T00:00:00.000Z'

let app: TestApp
let person: User
let people = 0
beforeAll(async () => {
  const plans = plansWith('FREE', [
    { meter: 'VIDEOS', period: 'WEEK', limit: 5 },
    { meter: 'VIDEOS', period: 'MONTH', limit: 8 },
    { meter: 'DATA_EXPORTS', period: 'MONTH', limit: 0 },
    { meter: 'UPLOADS', period: 'WEEK', limit: 100 },
    { meter: 'STORAGE_BYTES', period: 'TOTAL', limit: Number.MAX_SAFE_INTEGER },
  ])
  app = await startTestApp({ config: { plans, poolSize: 20 } })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  app.now = wednesday
  people += 1
  person = await createPerson(app, `person.${people}@example.com`)
})

const use = (amounts: Amounts) =>
  app.app.db.transaction((tx) => app.app.usage.consume(tx, { userId: person.id, amounts, now: app.now }))

const refusal = (amounts: Amounts) =>
  use(amounts).then(
    () => null,
    (error: unknown) => error,
  )

/** What is used of each limit. */
async function used(): Promise<Record<string, number>> {
  const usage = (await app.app.usage.of(app.app.db.prisma, [person.id], app.now)).get(person.id) ?? []
  return Object.fromEntries(usage.map((each) => [`${each.meter} ${each.period}`, each.used]))
}

const moveTo = (timeZone: string) => app.app.db.prisma.user.update({ where: { id: person.id }, data: { timeZone } })

describe('what is consumed', () => {
  test('counts in every period in which it is limited, and only there', async () => {
    await use({ VIDEOS: 2, STORAGE_BYTES: 2 ** 40 })
    await use({ VIDEOS: 3 })
    const rows = await app.app.db.prisma.usageCounter.findMany({
      where: { userId: person.id },
      orderBy: { used: 'asc' },
    })
    expect(rows).toMatchObject([
      { meter: 'VIDEOS', period: 'WEEK', used: 5n, startsAt: new Date('2026-11-16Z'), endsAt: new Date(nextMonday) },
      { meter: 'VIDEOS', period: 'MONTH', used: 5n, startsAt: new Date('2026-11-01Z'), endsAt: new Date(nextMonth) },
      { meter: 'STORAGE_BYTES', period: 'TOTAL', used: 2n ** 40n, startsAt: wednesday, endsAt: null },
    ])
  })

  test('goes to the limit and not past it, and a refusal says what is left when', async () => {
    await use({ VIDEOS: 4 })
    const error = await refusal({ VIDEOS: 2 })
    expect(error).toBeInstanceOf(QuotaExceeded)
    expect(error).toMatchObject({ meter: 'VIDEOS', period: 'WEEK', limit: 5, used: 4, resetAt: new Date(nextMonday) })
    expect(String(error)).toContain(
      `5 videos a week, and 4 are used: too few are left for this. Wait until ${nextMonday}`,
    )
    await use({ VIDEOS: 1 })
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 5, 'VIDEOS MONTH': 5 })
  })

  test('is refused at once where nothing is given, or more than all of it is wanted', async () => {
    expect(await refusal({ DATA_EXPORTS: 1 })).toMatchObject({ limit: 0, used: 0, resetAt: new Date(nextMonth) })
    expect(await refusal({ VIDEOS: 6 })).toMatchObject({ period: 'WEEK', used: 0, resetAt: new Date(nextMonday) })
    expect(await app.app.db.prisma.usageCounter.count({ where: { userId: person.id } })).toBe(0)
  })

  test('is all or nothing: over periods, and over meters', async () => {
    await use({ VIDEOS: 5 })
    app.now = new Date(nextMonday)
    // The week has room again, the month has not.
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
    await use({ VIDEOS: 3, STORAGE_BYTES: 7, UPLOADS: 1 })
    expect(await used()).toMatchObject({
      'VIDEOS WEEK': 3,
      'VIDEOS MONTH': 8,
      'STORAGE_BYTES TOTAL': 7,
      'UPLOADS WEEK': 1,
    })
    // Both refuse now; who waited for the week only would be refused again.
    expect(await refusal({ VIDEOS: 3 })).toMatchObject({ period: 'MONTH', resetAt: new Date(nextMonth) })
  })

  test('is told to whoever watches', async () => {
    const before = await exceeded()
    // Where nobody was refused yet: a counter that begins at 1 has not grown, for whoever watches.
    expect(before).toMatchObject({ PLUS: 0, PRO: 0 })
    await refusal({ VIDEOS: 6 })
    await subscribe(app, person.id, 'pro:annual')
    await refusal({ VIDEOS: 201 })
    expect(await exceeded()).toEqual({ ...before, FREE: (before.FREE ?? 0) + 1, PRO: (before.PRO ?? 0) + 1 })
  })

  /** How often VIDEOS were refused, by tier. */
  async function exceeded(): Promise<Partial<Record<string, number>>> {
    const { text } = await app.app.metrics.expose()
    const lines = text.matchAll(/^quota_exceeded_total\{meter="VIDEOS",tier="(\w+)"\} (\d+)$/gm)
    return Object.fromEntries([...lines].map(([, tier, count]) => [tier, Number(count)]))
  }
})

describe('at once', () => {
  test('60 times 3 of 100: 33 get it, and everybody else is told', async () => {
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => refusal({ UPLOADS: 3, STORAGE_BYTES: 10 })))
    const refusals = outcomes.filter((outcome) => outcome !== null)
    expect(refusals).toHaveLength(27)
    // A deadlock, a time-out or a unique key would be another error.
    expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ meter: 'UPLOADS', limit: 100, used: 99 })))
    expect(await used()).toMatchObject({ 'UPLOADS WEEK': 99, 'STORAGE_BYTES TOTAL': 330 })
  })

  test('the first of a new window are counted from nothing, once', async () => {
    await use({ UPLOADS: 100 })
    app.now = new Date(nextMonday)
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => refusal({ UPLOADS: 4 })))
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(25)
    expect(await used()).toMatchObject({ 'UPLOADS WEEK': 100 })
  })
})

describe('a changed time zone', () => {
  test('counts from the next window on, which begins where the last one ended', async () => {
    await use({ UPLOADS: 100 })
    await moveTo('Pacific/Kiritimati')
    // There it is Monday already.
    app.now = new Date('2026-11-22T12:00Z')
    expect(await refusal({ UPLOADS: 1 })).toMatchObject({ period: 'WEEK', resetAt: new Date(nextMonday) })
    app.now = new Date(nextMonday)
    await use({ UPLOADS: 1 })
    expect(await refusal({ UPLOADS: 100 })).toMatchObject({ used: 1, resetAt: new Date('2026-11-29T10:00:00.000Z') })
  })

  test('gains nothing by going west at the end of a week: the few hours left of it there belong to the next', async () => {
    await use({ UPLOADS: 100 })
    app.now = new Date(nextMonday)
    await moveTo('Pacific/Pago_Pago')
    await use({ UPLOADS: 1 })
    // There the old week would end at 11:00 UTC.
    app.now = new Date('2026-11-23T12:00Z')
    expect(await refusal({ UPLOADS: 100 })).toMatchObject({ used: 1, resetAt: new Date('2026-11-30T11:00:00.000Z') })
  })
})

describe('a plan', () => {
  test('that grows gives more at once; one that ends keeps what is there and refuses what is new', async () => {
    await use({ VIDEOS: 5 })
    const id = await subscribe(app, person.id)
    await use({ VIDEOS: 4 })
    await app.app.db.prisma.planSubscription.update({ where: { id }, data: { endedAt: app.now } })
    expect(await refusal({ VIDEOS: 1 })).toMatchObject({ period: 'MONTH', limit: 8, used: 9 })
    expect(await used()).toMatchObject({ 'VIDEOS MONTH': 9 })
  })
})

describe('what is given back', () => {
  const back = (amount: number) =>
    app.app.db.transaction((tx) => giveBack(tx, { userId: person.id, meter: 'STORAGE_BYTES', amount }))

  test('can be used again, and is never more than what was used', async () => {
    await use({ STORAGE_BYTES: 10 })
    await back(4)
    expect(await used()).toMatchObject({ 'STORAGE_BYTES TOTAL': 6 })
    await back(7)
    expect(await used()).toMatchObject({ 'STORAGE_BYTES TOTAL': 0 })
  })
})

test('consuming takes three statements: the plan, the windows, and the one that decides', async () => {
  app.takeStatements()
  await use({ UPLOADS: 1, STORAGE_BYTES: 1 })
  expect(app.takeStatements()).toEqual([
    expect.stringContaining('"plan_subscriptions"'),
    expect.stringContaining('LEFT JOIN usage_counters'),
    expect.stringContaining('INSERT INTO usage_counters'),
  ])
})
