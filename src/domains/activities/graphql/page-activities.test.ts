import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Activity } from '../../../generated/prisma/client.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { type ActivityInput, createActivities, createUser } from '../../../testing/factories.ts'
import { rowId } from '../../../testing/upload-steps.ts'

const orders = ['STARTED_AT_DESC', 'STARTED_AT_ASC', 'DISTANCE_DESC'] as const
type Order = (typeof orders)[number]

interface PageArgs {
  readonly first?: number
  readonly after?: string | null
  readonly last?: number
  readonly before?: string | null
  readonly orderBy?: Order
}

interface Page {
  readonly totalCount: number
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
}

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const requestPage = (as: string, args: object) =>
  app.query(
    as,
    `query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: ActivityOrder) {
      me { activities(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
        totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } }
      } }
    }`,
    args,
  ) as Promise<Answer<{ me: { activities: Page } | null }>>

async function page(as: string, args: PageArgs): Promise<Page> {
  const { data, errors } = await requestPage(as, args)
  if (!data.me) throw new Error(JSON.stringify(errors))
  return data.me.activities
}

const ids = ({ edges }: Page) => edges.map(({ node }) => rowId(node.id))

/** The order that the contract defines, computed without the database. */
function inOrder(rows: readonly Activity[], order: Order): string[] {
  const keyOf = ({ startedAt, createdAt, distanceMeters }: Activity) =>
    order === 'DISTANCE_DESC' ? (distanceMeters ?? -1) : (startedAt ?? createdAt).getTime()
  const rising = rows.toSorted((one, other) => keyOf(one) - keyOf(other) || (one.id < other.id ? -1 : 1))
  return (order === 'STARTED_AT_ASC' ? rising : rising.toReversed()).map(({ id }) => id)
}

/** Few values, so that many rows are equal; among them boundary values of doubles and instants. */
const input: fc.Arbitrary<ActivityInput> = fc.record({
  startedAt: fc.constantFrom(
    null,
    null,
    new Date('2026-06-01T06:00:00.000Z'),
    new Date('2026-06-01T06:00:00.001Z'),
    new Date('1969-12-31T23:59:59.999Z'),
  ),
  createdAt: fc.constantFrom(new Date('2026-06-01T06:00:00.000Z'), new Date('2026-06-02T00:00:00.000Z')),
  distanceMeters: fc.constantFrom(null, null, 0, 5e-324, 0.1 + 0.2, 5_000, 5_000.000000000001, 1e300),
})

const walk = fc.record({
  inputs: fc.array(input, { maxLength: 16 }),
  order: fc.constantFrom(...orders),
  backwards: fc.boolean(),
  size: fc.integer({ min: 1, max: 7 }),
  /** For each page: whether the row of its cursor is deleted before the next page is requested. */
  deletions: fc.array(fc.boolean(), { minLength: 17, maxLength: 17 }),
})

describe('paging', () => {
  test('returns all rows in every order, forwards and backwards, even if rows are deleted in between', async () => {
    await fc.assert(
      fc.asyncProperty(walk, async ({ inputs, order, backwards, size, deletions }) => {
        const email = `${uuidv7()}@example.com`
        const rows = await createActivities(app, await createUser(app, email), inputs)
        const expected = inOrder(rows, order)
        let seen: string[] = []
        let deleted = 0
        let cursor: string | null = null
        for (let isMore = true, number = 0; isMore; number += 1) {
          const args: PageArgs = backwards ? { last: size, before: cursor } : { first: size, after: cursor }
          const here = await page(email, { ...args, orderBy: order })
          expect(here.totalCount).toBe(rows.length - deleted)
          expect(here.pageInfo.startCursor).toBe(here.edges.at(0)?.cursor ?? null)
          expect(here.pageInfo.endCursor).toBe(here.edges.at(-1)?.cursor ?? null)
          expect(backwards ? here.pageInfo.hasNextPage : here.pageInfo.hasPreviousPage).toBe(cursor !== null)
          seen = backwards ? [...ids(here), ...seen] : [...seen, ...ids(here)]
          isMore = backwards ? here.pageInfo.hasPreviousPage : here.pageInfo.hasNextPage
          expect(isMore).toBe(seen.length < rows.length)
          const edge = backwards ? here.edges.at(0) : here.edges.at(-1)
          cursor = edge?.cursor ?? null
          if (edge && deletions[number]) {
            await app.app.db.prisma.activity.delete({ where: { id: rowId(edge.node.id) } })
            deleted += 1
          }
        }
        expect(seen).toEqual(expected)
      }),
      { numRuns: 80 },
    )
  })

  test('between two cursors gives the activities between them, from either end', async () => {
    const email = 'between@example.com'
    const rows = await createActivities(app, await createUser(app, email), Array(6).fill({}))
    const expected = inOrder(rows, 'STARTED_AT_DESC')
    const { edges } = await page(email, { first: 6 })
    const between = { after: edges[0]?.cursor ?? null, before: edges[5]?.cursor ?? null }

    const fromTheStart = await page(email, { ...between, first: 3 })
    expect(ids(fromTheStart)).toEqual(expected.slice(1, 4))
    expect(fromTheStart.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    const fromTheEnd = await page(email, { ...between, last: 3 })
    expect(ids(fromTheEnd)).toEqual(expected.slice(2, 5))
    expect(fromTheEnd.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    for (const args of [{ first: 10 }, { last: 10 }, {}]) {
      const all = await page(email, { ...between, ...args })
      expect(ids(all)).toEqual(expected.slice(1, 5))
      expect(all.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
    }
  })

  test('without a size returns 20 rows, and never more than 100', async () => {
    const email = 'many@example.com'
    await createActivities(app, await createUser(app, email), Array(101).fill({}))
    expect((await page(email, {})).edges).toHaveLength(20)
    for (const args of [{ first: 101 }, { last: 101 }, { first: 2 ** 31 - 1 }]) {
      const { edges, pageInfo, totalCount } = await page(email, args)
      expect(edges).toHaveLength(100)
      expect(pageInfo.hasNextPage || pageInfo.hasPreviousPage).toBe(true)
      expect(totalCount).toBe(101)
    }
  })

  test.each<PageArgs>([{ first: -1 }, { last: -1 }, { first: 1, last: 1 }])('is rejected for %j', async (args) => {
    expect((await requestPage('sizes@example.com', args)).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })
})

describe('a cursor', () => {
  const email = 'cursors@example.com'
  const encode = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const id = uuidv7()

  test('of another order is rejected', async () => {
    await createActivities(app, await createUser(app, email), [{}])
    for (const from of orders) {
      const { endCursor } = (await page(email, { orderBy: from })).pageInfo
      for (const to of orders) {
        const { errors } = await requestPage(email, { orderBy: to, after: endCursor })
        expect(errors?.map(({ extensions }) => extensions.code)).toEqual(from === to ? undefined : ['BAD_USER_INPUT'])
      }
    }
  })

  test.each<[string, Order, string]>([
    ['an empty text', 'STARTED_AT_DESC', ''],
    ['no base64', 'STARTED_AT_DESC', '*** \0 \ud800 🏃'],
    ['NUL', 'STARTED_AT_DESC', '\0'],
    ['no JSON', 'STARTED_AT_DESC', Buffer.from('{').toString('base64url')],
    ['another JSON', 'STARTED_AT_DESC', Buffer.from('null').toString('base64url')],
    ['a huge text', 'STARTED_AT_DESC', 'A'.repeat(100_000)],
    ['too few parts', 'STARTED_AT_DESC', encode('STARTED_AT_DESC')],
    ['an unknown order', 'STARTED_AT_DESC', encode('__proto__', 0, id)],
    ['an invalid id', 'STARTED_AT_DESC', encode('STARTED_AT_DESC', 0, "' OR 1=1 --")],
    ['an id with NUL', 'STARTED_AT_DESC', encode('STARTED_AT_DESC', 0, `${id}\0`)],
    ['an id with a line break', 'STARTED_AT_DESC', encode('STARTED_AT_DESC', 0, `${id}\n`)],
    ['a text for a number', 'STARTED_AT_DESC', encode('STARTED_AT_DESC', '0', id)],
    ['a huge instant', 'STARTED_AT_DESC', encode('STARTED_AT_DESC', 1e300, id)],
    ['an instant in the year 10000', 'STARTED_AT_ASC', encode('STARTED_AT_ASC', Date.UTC(10_000, 0, 1), id)],
    ['an instant in the year 0', 'STARTED_AT_ASC', encode('STARTED_AT_ASC', Date.UTC(0, 0, 1) - 6e13, id)],
    ['an instant before the year 0', 'STARTED_AT_DESC', encode('STARTED_AT_DESC', -253_402_214_400_000, id)],
    ['an infinite distance', 'DISTANCE_DESC', Buffer.from(`["DISTANCE_DESC",1e999,"${id}"]`).toString('base64url')],
    ['the longest distance', 'DISTANCE_DESC', encode('DISTANCE_DESC', Number.MAX_VALUE, id)],
    ['no distance', 'DISTANCE_DESC', encode('DISTANCE_DESC', null, id)],
  ])('with %s is rejected', async (_, orderBy, cursor) => {
    for (const args of [{ after: cursor }, { before: cursor }]) {
      const { data, errors } = await requestPage(email, { ...args, orderBy })
      expect(errors).toMatchObject([{ path: ['me', 'activities'], extensions: { code: 'BAD_USER_INPUT' } }])
      expect(data.me).toBeNull()
    }
  })

  test.each([1e300, -1e300, 5e-324, -0, 2 ** 53 + 2, 0.1])('can contain any distance: %d', async (distance) => {
    const { errors } = await requestPage(email, {
      orderBy: 'DISTANCE_DESC',
      after: encode('DISTANCE_DESC', distance, id),
    })
    expect(errors).toBeUndefined()
  })
})
