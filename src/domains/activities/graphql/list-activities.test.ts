import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Activity, User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { type ActivityInput, createActivities, createUser } from '../../../testing/factories.ts'

interface List {
  readonly totalCount: number
  readonly edges: readonly { readonly node: { readonly title: string } }[]
}

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** The titles of a list in order, and the total count. */
async function list(as: string, args: object = {}): Promise<{ titles: string[]; totalCount: number }> {
  const answer = (await app.query(
    as,
    `query ($first: Int, $filter: ActivityFilter, $orderBy: ActivityOrder) {
      me { activities(first: $first, filter: $filter, orderBy: $orderBy) { totalCount edges { node { title } } } }
    }`,
    args,
  )) as Answer<{ me: { activities: List } }>
  expect(answer.errors).toBeUndefined()
  const { edges, totalCount } = answer.data.me.activities
  return { titles: edges.map(({ node }) => node.title), totalCount }
}

const day = (number: number) => new Date(Date.UTC(2026, 5, number, 9, 30))

/** A user with activities of every kind. The titles name the differences. */
async function createAthlete(email: string): Promise<User> {
  const user = await createUser(app, email)
  await createActivities(app, user, [
    { title: 'run, 10 km', sport: 'RUNNING', startedAt: day(4), distanceMeters: 10_000 },
    { title: 'ride, no distance', sport: 'CYCLING', startedAt: day(6), distanceMeters: null },
    { title: 'swim, 0 m', sport: 'SWIMMING', startedAt: day(2), distanceMeters: 0 },
    { title: 'yoga', sport: 'OTHER', startedAt: day(3), distanceMeters: null },
    { title: 'being read, made on the 5th', status: 'PROCESSING', createdAt: day(5) },
    { title: 'failed, made on the 1st', status: 'FAILED', createdAt: day(1) },
    { title: 'awaited', status: 'AWAITING_FILE', createdAt: day(7) },
    { title: 'awaited, of a known sport', status: 'AWAITING_FILE', sport: 'RUNNING', startedAt: day(4) },
  ])
  return user
}

describe('the order', () => {
  const email = 'order@example.com'
  beforeAll(async () => {
    await createAthlete(email)
    await createAthlete('somebody.else@example.com')
  })

  const newestFirst = [
    'ride, no distance',
    'being read, made on the 5th',
    'run, 10 km',
    'yoga',
    'swim, 0 m',
    'failed, made on the 1st',
  ]

  test('STARTED_AT_DESC sorts by start, latest first; an unknown start is replaced by the creation', async () => {
    expect(await list(email)).toEqual({ titles: newestFirst, totalCount: 6 })
    expect(await list(email, { orderBy: null })).toEqual({ titles: newestFirst, totalCount: 6 })
    expect(await list(email, { orderBy: 'STARTED_AT_DESC' })).toEqual({ titles: newestFirst, totalCount: 6 })
  })

  test('STARTED_AT_ASC sorts by start, earliest first', async () => {
    expect((await list(email, { orderBy: 'STARTED_AT_ASC' })).titles).toEqual(newestFirst.toReversed())
  })

  test('DISTANCE_DESC sorts by distance, longest first; activities without a distance come last, after 0 m', async () => {
    const { titles } = await list(email, { orderBy: 'DISTANCE_DESC' })
    expect(titles.slice(0, 2)).toEqual(['run, 10 km', 'swim, 0 m'])
    expect(titles.slice(2).toSorted()).toEqual([
      'being read, made on the 5th',
      'failed, made on the 1st',
      'ride, no distance',
      'yoga',
    ])
  })

  test('DISTANCE_DESC sorts equal distances by id, descending', async () => {
    const user = await createUser(app, 'alike@example.com')
    const rows = await createActivities(app, user, Array(5).fill({ distanceMeters: 5_000 } satisfies ActivityInput))
    const answer = (await app.query(
      'alike@example.com',
      '{ me { activities(orderBy: DISTANCE_DESC) { edges { node { id } } } } }',
    )) as Answer<{ me: { activities: { edges: { node: { id: string } }[] } } }>
    const ids = rows.map(({ id }) => id).toSorted((one, other) => (one < other ? 1 : -1))
    expect(answer.data.me.activities.edges.map(({ node }) => node.id)).toEqual(
      ids.map((id) => toGlobalId('Activity', id)),
    )
  })
})

describe('the filter', () => {
  const email = 'filter@example.com'
  beforeAll(async () => {
    await createAthlete(email)
  })

  test.each<[string, object, string[]]>([
    ['by sport', { sport: 'RUNNING' }, ['run, 10 km']],
    [
      'by the sport OTHER includes unknown sports',
      { sport: 'OTHER' },
      ['being read, made on the 5th', 'yoga', 'failed, made on the 1st'],
    ],
    ['by a sport without activities', { sport: 'ROWING' }, []],
    ['`from` includes the instant', { from: day(3) }, ['ride, no distance', 'run, 10 km', 'yoga']],
    [
      '`from` a millisecond later excludes it',
      { from: new Date(day(3).getTime() + 1) },
      ['ride, no distance', 'run, 10 km'],
    ],
    ['`to` excludes the instant', { to: day(3) }, ['swim, 0 m']],
    ['`to` a millisecond later includes it', { to: new Date(day(3).getTime() + 1) }, ['yoga', 'swim, 0 m']],
    ['by a range', { from: day(3), to: day(5) }, ['run, 10 km', 'yoga']],
    ['by a reversed range returns nothing', { from: day(5), to: day(3) }, []],
    ['accepts instants with an offset', { from: '2026-06-06T18:30:00+09:00' }, ['ride, no distance']],
    ['by status', { status: 'PROCESSING' }, ['being read, made on the 5th']],
    ['by the status FAILED', { status: 'FAILED' }, ['failed, made on the 1st']],
    ['by the status AWAITING_FILE returns nothing', { status: 'AWAITING_FILE' }, []],
    ['by all fields', { sport: 'RUNNING', status: 'READY', from: day(1), to: day(9) }, ['run, 10 km']],
    ['by all fields, one of which does not match', { sport: 'RUNNING', status: 'READY', from: day(5) }, []],
    [
      'with only nulls returns all',
      { sport: null, status: null, from: null, to: null },
      [
        'ride, no distance',
        'being read, made on the 5th',
        'run, 10 km',
        'yoga',
        'swim, 0 m',
        'failed, made on the 1st',
      ],
    ],
  ])('%s', async (_, filter, titles) => {
    expect(await list(email, { filter })).toEqual({ titles, totalCount: titles.length })
    expect(await list(email, { filter, first: 0 })).toEqual({ titles: [], totalCount: titles.length })
    const backwards = await list(email, { filter, orderBy: 'STARTED_AT_ASC' })
    expect(backwards.titles).toEqual(titles.toReversed())
  })

  test.each(['0001-01-01T00:00:00Z', '1900-02-28T00:00:00+14:00', '9999-12-31T23:59:59.999Z'])(
    'accepts every valid instant: %s',
    async (instant) => {
      expect(
        (await list(email, { filter: { from: instant } })).totalCount +
          (await list(email, { filter: { to: instant } })).totalCount,
      ).toBe(4)
    },
  )

  test.each([
    '2026-06-01',
    '2026-02-30T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-23:59',
    'yesterday',
    '',
    '2026-06-01T00:00:00Z\0',
    5,
    true,
  ])('rejects %j as an instant', async (from) => {
    const answer = await app.query(
      email,
      'query ($f: ActivityFilter) { me { activities(filter: $f) { totalCount } } }',
      {
        f: { from },
      },
    )
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

describe('one query with several lists', () => {
  const email = 'aliases@example.com'
  beforeAll(async () => {
    await createAthlete(email)
  })

  test('returns each list by its own arguments and fields', async () => {
    const { data, errors } = await app.query(
      email,
      `{ me {
        runs: activities(filter: { sport: RUNNING }) { totalCount edges { node { title } } }
        longest: activities(orderBy: DISTANCE_DESC, first: 2) { edges { node { title sport } } }
        how: activities(filter: { status: READY }) { many: totalCount }
        newest: activities(first: 1) { ...Titles totalCount }
        oldest: activities(last: 1) { ...Titles pageInfo { hasPreviousPage } }
        awaited: activities(filter: { status: AWAITING_FILE }) { totalCount ...Titles }
        uploads { totalCount }
        pending: uploads(status: PENDING) { totalCount edges { node { status } } }
      } }
      fragment Titles on ActivityConnection { edges { node { title } } }`,
    )
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      me: {
        runs: { totalCount: 1, edges: [{ node: { title: 'run, 10 km' } }] },
        longest: {
          edges: [
            { node: { title: 'run, 10 km', sport: 'RUNNING' } },
            { node: { title: 'swim, 0 m', sport: 'SWIMMING' } },
          ],
        },
        how: { many: 4 },
        newest: { totalCount: 6, edges: [{ node: { title: 'ride, no distance' } }] },
        oldest: {
          edges: [{ node: { title: 'failed, made on the 1st' } }],
          pageInfo: { hasPreviousPage: true },
        },
        awaited: { totalCount: 0, edges: [] },
        uploads: { totalCount: 3 },
        pending: { totalCount: 2, edges: [{ node: { status: 'PENDING' } }, { node: { status: 'PENDING' } }] },
      },
    })
  })

  test.each([
    'totalCount',
    'pageInfo { hasNextPage }',
    'edges { __typename }',
    'edges { node { __typename } }',
    '__typename',
  ])('returns a list without fields of its nodes: %s', async (fields) => {
    const { data, errors } = await app.query(email, `{ me { activities(first: 1) { ${fields} } } }`)
    expect(errors).toBeUndefined()
    expect(data).toMatchObject({
      me: {
        activities: {
          totalCount: { totalCount: 6 },
          'pageInfo { hasNextPage }': { pageInfo: { hasNextPage: true } },
          'edges { __typename }': { edges: [{ __typename: 'ActivityEdge' }] },
          'edges { node { __typename } }': { edges: [{ node: { __typename: 'Activity' } }] },
          __typename: { __typename: 'ActivityConnection' },
        }[fields],
      },
    })
  })

  test('returns totalCount when it is selected in a fragment, with a directive or twice', async () => {
    const { data, errors } = await app.query(
      email,
      `query ($yes: Boolean = true) { me { ...Lists } }
      fragment Lists on User {
        activities(filter: { sport: OTHER }) { ...Count @include(if: $yes) }
        again: activities(filter: { sport: CYCLING }) { ... on ActivityConnection { totalCount also: totalCount } }
      }
      fragment Count on ActivityConnection { totalCount @skip(if: false) }`,
    )
    expect({ data, errors }).toEqual({
      data: { me: { activities: { totalCount: 3 }, again: { totalCount: 1, also: 1 } } },
    })
  })
})

test('a user without activities has an empty list', async () => {
  const answer = await app.query(
    'nothing.yet@example.com',
    '{ me { activities { totalCount edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }',
  )
  expect(answer.data).toEqual({
    me: {
      activities: {
        totalCount: 0,
        edges: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      },
    },
  })
})

test('an unknown sport is returned as OTHER, and values that were not measured are null', async () => {
  const user = await createUser(app, 'unknown@example.com')
  await createActivities(app, user, [{ status: 'PROCESSING' }])
  const { data } = (await app.query(
    'unknown@example.com',
    '{ me { activities { edges { node { title sport startedAt distanceMeters caloriesKcal device laps { startedAt } track { latitude } } } } } }',
  )) as Answer<{ me: { activities: { edges: { node: Partial<Activity> }[] } } }>
  expect(data.me.activities.edges[0]?.node).toEqual({
    title: 'New activity',
    sport: 'OTHER',
    startedAt: null,
    distanceMeters: null,
    caloriesKcal: null,
    device: null,
    laps: [],
    track: [],
  })
})
