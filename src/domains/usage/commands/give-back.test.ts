import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { plansWith } from '../../../testing/plans.ts'
import { giveBack, QuotaExceeded } from '../index.ts'
import { usage } from '../services.ts'
import type { Amounts } from './consume.ts'

const wednesday = new Date('2026-11-18T10:00:00.000Z')
const nextMonday = new Date('2026-11-23T00:00:00.000Z')
const nextMonth = new Date('2026-12-01T00:00:00.000Z')

let app: TestApp
let user: User
let userCount = 0
beforeAll(async () => {
  const plans = plansWith('FREE', [
    { meter: 'VIDEOS', period: 'WEEK', limit: 50 },
    { meter: 'VIDEOS', period: 'MONTH', limit: 80 },
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

const returnVideos = (amount: number, consumedAt = wednesday) =>
  app.app.db.transaction((tx) => giveBack(tx, { userId: user.id, meter: 'VIDEOS', amount, consumedAt }))

/** The used amount of each limit of VIDEOS and STORAGE_BYTES. */
async function used(): Promise<Record<string, number>> {
  const usages = (await app.app.services(usage).of(app.app.db.prisma, [user.id], app.now)).get(user.id) ?? []
  const shown = usages.filter(({ meter }) => meter === 'VIDEOS' || meter === 'STORAGE_BYTES')
  return Object.fromEntries(shown.map((each) => [`${each.meter} ${each.period}`, each.used]))
}

describe('giveBack', () => {
  test('reduces the week and the month in which the amount was consumed, and no other meter', async () => {
    await consume({ VIDEOS: 3, STORAGE_BYTES: 7 })
    await returnVideos(1)
    expect(await used()).toEqual({ 'VIDEOS WEEK': 2, 'VIDEOS MONTH': 2, 'STORAGE_BYTES TOTAL': 7 })
  })

  test('reduces TOTAL, also of an amount that a clock behind consumed', async () => {
    await consume({ STORAGE_BYTES: 10 })
    const consumedAt = new Date(wednesday.getTime() - 1)
    const returned = { userId: user.id, meter: 'STORAGE_BYTES', amount: 4, consumedAt } as const
    await app.app.db.transaction((tx) => giveBack(tx, returned))
    expect(await used()).toMatchObject({ 'STORAGE_BYTES TOTAL': 6 })
  })

  test('goes to zero and not below', async () => {
    await consume({ VIDEOS: 3 })
    await returnVideos(4)
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 0, 'VIDEOS MONTH': 0 })
  })

  test('does nothing for a user who has consumed nothing', async () => {
    await returnVideos(1)
    expect(await app.app.db.prisma.usageCounter.count({ where: { userId: user.id } })).toBe(0)
  })

  test('leaves a week that has begun since as it is, and reduces the month', async () => {
    await consume({ VIDEOS: 3 })
    app.now = nextMonday
    await consume({ VIDEOS: 2 })
    await returnVideos(3)
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 2, 'VIDEOS MONTH': 2 })
  })

  test('in a week that has ended and was not followed by usage changes what nobody reads', async () => {
    await consume({ VIDEOS: 3 })
    app.now = nextMonth
    await returnVideos(3)
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 0, 'VIDEOS MONTH': 0 })
    await consume({ VIDEOS: 1 })
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 1, 'VIDEOS MONTH': 1 })
  })

  test('takes the start of a window as in it, and its end as in the next', async () => {
    app.now = nextMonday
    await consume({ VIDEOS: 3 })
    await returnVideos(1, new Date(nextMonday.getTime() - 1))
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 3, 'VIDEOS MONTH': 2 })
    await returnVideos(1, nextMonday)
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 2, 'VIDEOS MONTH': 1 })
    await returnVideos(1, nextMonth)
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 2, 'VIDEOS MONTH': 1 })
  })
})

describe('concurrent calls', () => {
  test('of giveBack lose none', async () => {
    await consume({ VIDEOS: 40 })
    await Promise.all(Array.from({ length: 30 }, () => returnVideos(1)))
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 10, 'VIDEOS MONTH': 10 })
  })

  test('of consume and giveBack neither deadlock nor lose a count', async () => {
    await consume({ VIDEOS: 20 })
    const calls = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? consume({ VIDEOS: 1 }) : returnVideos(1)))
    await Promise.all(calls)
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 20, 'VIDEOS MONTH': 20 })
  })

  test('with the first usage of the next week leave that week as it is', async () => {
    await consume({ VIDEOS: 20 })
    app.now = nextMonday
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? consume({ VIDEOS: 1 }) : returnVideos(2))))
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 10, 'VIDEOS MONTH': 10 })
  })

  test('of giveBack allow a use that would have exceeded the limit', async () => {
    await consume({ VIDEOS: 50 })
    await expect(consume({ VIDEOS: 1 })).rejects.toThrow(QuotaExceeded)
    await returnVideos(1)
    await consume({ VIDEOS: 1 })
    expect(await used()).toMatchObject({ 'VIDEOS WEEK': 50 })
  })
})

test('giveBack takes one statement', async () => {
  await consume({ VIDEOS: 1 })
  app.takeStatements()
  await returnVideos(1)
  expect(app.takeStatements()).toEqual([expect.stringContaining('UPDATE usage_counters')])
})
