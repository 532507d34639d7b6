import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { createActivities, createUser } from '../../../testing/factories.ts'
import type { ActivitySummary } from './summarize.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

async function summaries(as: string, args: string): Promise<ActivitySummary[]> {
  const fields = 'startsOn count distanceMeters durationSeconds elevationGainMeters'
  const answer = (await app.query(as, `{ me { activitySummaries(${args}) { ${fields} } } }`)) as Answer<{
    me: { activitySummaries: ActivitySummary[] }
  }>
  expect(answer.errors).toBeUndefined()
  return answer.data.me.activitySummaries
}

/** Creates a user in the time zone, with an activity at each instant. */
async function createAthlete(email: string, timeZone: string, starts: readonly string[]): Promise<User> {
  const user = await createUser(app, email, { timeZone })
  await createActivities(
    app,
    user,
    starts.map((start) => ({ startedAt: new Date(start) })),
  )
  return user
}

const counts = (rows: ActivitySummary[]) => rows.map(({ startsOn, count }) => [startsOn, count])

describe('the periods', () => {
  test.each<[string, string, readonly string[], readonly (readonly [string, number])[]]>([
    [
      // Monday, June 1 starts at 15:00 UTC on Sunday.
      'Asia/Seoul',
      'WEEK',
      ['2026-05-31T14:59:59.999Z', '2026-05-31T15:00:00Z', '2026-06-07T14:59:59.999Z', '2026-06-07T15:00:00Z'],
      [
        ['2026-06-08', 1],
        ['2026-06-01', 2],
        ['2026-05-25', 1],
      ],
    ],
    [
      'Asia/Seoul',
      'MONTH',
      ['2026-05-31T14:59:59.999Z', '2026-05-31T15:00:00Z', '2026-06-30T14:59:59.999Z', '2026-12-31T15:00:00Z'],
      [
        ['2027-01-01', 1],
        ['2026-06-01', 2],
        ['2026-05-01', 1],
      ],
    ],
    [
      // Clocks go forward on Sunday, March 8: the week ends at 04:00 UTC instead of 05:00.
      'America/New_York',
      'WEEK',
      ['2026-03-02T04:59:59.999Z', '2026-03-02T05:00:00Z', '2026-03-09T03:59:59.999Z', '2026-03-09T04:00:00Z'],
      [
        ['2026-03-09', 1],
        ['2026-03-02', 2],
        ['2026-02-23', 1],
      ],
    ],
    [
      // Clocks go back on Sunday, November 1: October ends at 04:00 UTC, the week at 05:00.
      'America/New_York',
      'MONTH',
      ['2026-11-01T03:59:59.999Z', '2026-11-01T04:00:00Z', '2026-12-01T04:59:59.999Z', '2026-12-01T05:00:00Z'],
      [
        ['2026-12-01', 1],
        ['2026-11-01', 2],
        ['2026-10-01', 1],
      ],
    ],
    [
      'America/New_York',
      'WEEK',
      ['2026-10-26T03:59:59.999Z', '2026-10-26T04:00:00Z', '2026-11-02T04:59:59.999Z', '2026-11-02T05:00:00Z'],
      [
        ['2026-11-02', 1],
        ['2026-10-26', 2],
        ['2026-10-19', 1],
      ],
    ],
    [
      // Friday, December 30, 2011 was skipped: at midnight the offset changed from -10 to +14 hours.
      'Pacific/Apia',
      'MONTH',
      ['2011-12-01T09:59:59.999Z', '2011-12-01T10:00:00Z', '2011-12-31T09:59:59.999Z', '2011-12-31T10:00:00Z'],
      [
        ['2012-01-01', 1],
        ['2011-12-01', 2],
        ['2011-11-01', 1],
      ],
    ],
    [
      'Pacific/Apia',
      'WEEK',
      ['2011-12-26T10:00:00Z', '2011-12-30T09:59:59.999Z', '2011-12-30T10:00:00Z', '2012-01-01T10:00:00Z'],
      [
        ['2012-01-02', 1],
        ['2011-12-26', 3],
      ],
    ],
    [
      // The ISO week that contains January 1 starts on the Monday before.
      'UTC',
      'WEEK',
      ['2026-12-31T12:00:00Z', '2027-01-03T23:59:59.999Z', '2027-01-04T00:00:00Z'],
      [
        ['2027-01-04', 1],
        ['2026-12-28', 2],
      ],
    ],
  ])('in %s start at local midnight, by %s', async (timeZone, period, starts, expected) => {
    const email = `${timeZone}.${period}.${starts[0]}@example.com`.replaceAll(/[/:]/g, '-')
    await createAthlete(email, timeZone, starts)
    expect(counts(await summaries(email, `period: ${period}`))).toEqual(expected)
  })
})

describe('the sums', () => {
  test('include READY activities only; values that were not measured add nothing', async () => {
    const email = 'sums@example.com'
    const user = await createUser(app, email)
    const startedAt = new Date('2026-06-03T06:00:00Z')
    await createActivities(app, user, [
      { startedAt, distanceMeters: 5_000.5, durationSeconds: 1_500, elevationGainMeters: 12.25 },
      { startedAt, distanceMeters: null, durationSeconds: 3_600.5, elevationGainMeters: null },
      { startedAt, status: 'PROCESSING', distanceMeters: 1, durationSeconds: 1 },
      { startedAt, status: 'FAILED', distanceMeters: 1, durationSeconds: 1 },
      { startedAt, status: 'AWAITING_FILE', distanceMeters: 1, durationSeconds: 1 },
      { startedAt: null, status: 'READY', distanceMeters: 1, durationSeconds: 1 },
    ])
    await createActivities(app, await createUser(app, 'sums.of.another@example.com'), [{ startedAt }])
    expect(await summaries(email, 'period: WEEK')).toEqual([
      {
        startsOn: '2026-06-01',
        count: 2,
        distanceMeters: 5_000.5,
        durationSeconds: 5_100.5,
        elevationGainMeters: 12.25,
      },
    ])
  })

  test('of a period without measured values are 0', async () => {
    const email = 'unmeasured@example.com'
    const startedAt = new Date('2026-06-03T06:00:00Z')
    await createActivities(app, await createUser(app, email), [
      { startedAt, distanceMeters: null, durationSeconds: null, elevationGainMeters: null },
    ])
    expect(await summaries(email, 'period: MONTH')).toEqual([
      { startsOn: '2026-06-01', count: 1, distanceMeters: 0, durationSeconds: 0, elevationGainMeters: 0 },
    ])
  })

  test('of a user without activities are an empty list', async () => {
    expect(await summaries('nothing.yet@example.com', 'period: WEEK')).toEqual([])
  })
})

describe('last', () => {
  const email = 'last@example.com'
  const monday = (week: number) => new Date(Date.UTC(2024, 0, 1 + 7 * week))
  beforeAll(async () => {
    // Every other week of 104 has an activity.
    const inputs = Array.from({ length: 104 }, (_, n) => ({ startedAt: monday(2 * n) }))
    await createActivities(app, await createUser(app, email), inputs)
  })

  test.each([
    ['is 12 by default', '', 12],
    ['is 12 if it is null', ', last: null', 12],
    ['counts periods that have an activity', ', last: 3', 3],
    ['is at least 1', ', last: 1', 1],
    ['is at most 100', ', last: 100', 100],
  ])('%s', async (_, last, length) => {
    const newest = Array.from({ length }, (_, n) =>
      monday(2 * (103 - n))
        .toISOString()
        .slice(0, 10),
    )
    expect((await summaries(email, `period: WEEK${last}`)).map(({ startsOn }) => startsOn)).toEqual(newest)
  })

  test.each([0, -1, -2_147_483_648, 101, 2_147_483_647])('is refused: %i', async (last) => {
    const answer = await app.query(email, `{ me { activitySummaries(period: WEEK, last: ${last}) { count } } }`)
    expect(answer.errors).toMatchObject([
      { message: 'The number of periods must be 1 to 100.', extensions: { code: 'INVALID_INPUT' } },
    ])
  })
})
