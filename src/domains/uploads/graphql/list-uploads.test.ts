import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UploadStatus } from '../../../generated/prisma/enums.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { requested, rowId } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'
const count = 7

let app: TestApp
/** Global ids, newest first. Three in the middle have the same time. */
let newestFirst: string[]

beforeAll(async () => {
  app = await startTestApp()
  newestFirst = await createUploads(ann, [6, 5, 4, 4, 4, 2, 1])
})
afterAll(() => app[Symbol.asyncDispose]())

/** Creates one upload per minute in `minutes`; every third is CANCELLED, the others are READY. */
async function createUploads(as: string, minutes: readonly number[]): Promise<string[]> {
  const { userId } = await app.app.db.prisma.upload.findUniqueOrThrow({
    where: { id: rowId((await requested(app, as)).upload.id) },
  })
  await app.app.db.prisma.activity.deleteMany({ where: { userId } })
  await app.app.db.prisma.upload.deleteMany({ where: { userId } })
  const rows = minutes.map((minute, index) => ({
    id: uuidv7(),
    userId,
    kind: 'AUDIO' as const,
    filename: `${index}.mp3`,
    contentType: 'audio/mpeg',
    byteSize: 100,
    status: index % 3 === 0 ? UploadStatus.CANCELLED : UploadStatus.READY,
    createdAt: new Date(Date.UTC(2026, 10, 1, 12, minute)),
    addressesExpireAt: new Date(),
  }))
  await app.app.db.prisma.upload.createMany({ data: rows })
  rows.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
  return rows.map(({ id }) => toGlobalId('Upload', id))
}

interface Page {
  readonly totalCount: number
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
  readonly edges: readonly {
    readonly cursor: string
    readonly node: { readonly id: string; readonly status: string }
  }[]
}

const source = `query Page($first: Int, $after: String, $last: Int, $before: String, $status: UploadStatus) {
  me { uploads(first: $first, after: $after, last: $last, before: $before, status: $status) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id status } } } } }`

async function page(args: object, as = ann): Promise<Page> {
  const answer = await app.query(as, source, args)
  const { me } = (answer.data ?? {}) as { me?: { uploads: Page } | null }
  if (!me) throw new Error(JSON.stringify(answer.errors))
  return me.uploads
}

const idsOf = ({ edges }: Page) => edges.map(({ node }) => node.id)

describe('a page of uploads', () => {
  test('is sorted newest first, with equal times by id', async () => {
    const all = await page({})
    expect(idsOf(all)).toEqual(newestFirst)
    expect(all).toMatchObject({ totalCount: count, pageInfo: { hasNextPage: false, hasPreviousPage: false } })
    expect(all.pageInfo.startCursor).toBe(all.edges[0]?.cursor)
    expect(all.pageInfo.endCursor).toBe(all.edges.at(-1)?.cursor)
  })

  test.each([1, 2, 3, 7])('forward pages of %d list every upload once', async (first) => {
    const seen: string[] = []
    let after: string | null = null
    do {
      const next: Page = await page({ first, after })
      expect(next.totalCount).toBe(count)
      expect(next.pageInfo.hasPreviousPage).toBe(after !== null)
      seen.push(...idsOf(next))
      expect(next.pageInfo.hasNextPage).toBe(seen.length < count)
      after = next.pageInfo.hasNextPage ? next.pageInfo.endCursor : null
    } while (after !== null && seen.length <= count)
    expect(seen).toEqual(newestFirst)
  })

  test.each([1, 2, 3, 7])('backward pages of %d list every upload once', async (last) => {
    const seen: string[] = []
    let before: string | null = null
    do {
      const next: Page = await page({ last, before })
      expect(next.pageInfo.hasNextPage).toBe(before !== null)
      seen.unshift(...idsOf(next))
      expect(next.pageInfo.hasPreviousPage).toBe(seen.length < count)
      before = next.pageInfo.hasPreviousPage ? next.pageInfo.startCursor : null
    } while (before !== null && seen.length <= count)
    expect(seen).toEqual(newestFirst)
  })

  test('between two cursors has the uploads between them', async () => {
    const { edges } = await page({})
    expect(idsOf(await page({ after: edges[1]?.cursor, before: edges[5]?.cursor }))).toEqual(newestFirst.slice(2, 5))
  })

  test('with a status has only uploads of that status, also in totalCount', async () => {
    const cancelled = await page({ status: 'CANCELLED', first: 2 })
    expect(cancelled).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } })
    const rest = await page({ status: 'CANCELLED', first: 2, after: cancelled.pageInfo.endCursor })
    expect([...cancelled.edges, ...rest.edges].map(({ node }) => node.status)).toEqual(Array(3).fill('CANCELLED'))
    expect(await page({ status: 'EXPIRED' })).toEqual({
      totalCount: 0,
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    })
  })

  test('with first: 0 has a totalCount', async () => {
    expect(await page({ first: 0 })).toMatchObject({ totalCount: count, edges: [], pageInfo: { hasNextPage: true } })
  })

  test("never has another user's uploads, also after a cursor of that user", async () => {
    const bob = 'bob@example.com'
    const bobs = await createUploads(bob, [9, 5, 4, 0])
    expect(idsOf(await page({}, bob))).toEqual(bobs)
    expect(idsOf(await page({}))).toEqual(newestFirst)
    const { edges } = await page({}, bob)
    expect(idsOf(await page({ after: edges[0]?.cursor }))).toEqual(newestFirst)
  })
})

test('a cursor stays valid after its row is deleted', async () => {
  const cat = 'cat@example.com'
  const ids = await createUploads(cat, [3, 2, 2, 2, 1])
  const { edges } = await page({ first: 3 }, cat)
  await app.app.db.prisma.upload.delete({ where: { id: rowId(ids[2]!) } })
  expect(idsOf(await page({ after: edges[2]?.cursor }, cat))).toEqual(ids.slice(3))
  expect(idsOf(await page({ last: 5, before: edges[2]?.cursor }, cat))).toEqual(ids.slice(0, 2))
})

test('a page has at most 100 uploads and takes the same number of statements at any size', async () => {
  const dan = 'dan@example.com'
  await createUploads(
    dan,
    Array.from({ length: 130 }, (_, index) => index),
  )
  const statementsOf = async (args: object) => {
    app.takeStatements()
    const { edges, totalCount } = await page(args, dan)
    return { edges: edges.length, totalCount, statements: app.takeStatements().length }
  }
  const small = await statementsOf({ first: 1 })
  expect(small).toMatchObject({ edges: 1, totalCount: 130 })
  expect(small.statements).toBeLessThanOrEqual(2)
  expect(await statementsOf({ first: 1_000 })).toEqual({ ...small, edges: 100 })
  expect(await statementsOf({ last: 1_000 })).toEqual({ ...small, edges: 100 })
  expect(await statementsOf({})).toEqual({ ...small, edges: 20 })
})

describe('invalid arguments', () => {
  const cursorOf = (...position: unknown[]) => Buffer.from(JSON.stringify(position)).toString('base64url')
  const id = '01890000-0000-7000-8000-000000000000'

  test.each([
    ['a text that is no cursor', 'x'],
    ['an empty cursor', ''],
    ['NUL', '\0'],
    ['an unpaired surrogate', '\ud800'],
    ['10 kB', 'x'.repeat(10_000)],
    ['a cursor of another list', cursorOf('STARTED_AT_DESC', 0, id)],
    ['a cursor without a position', cursorOf('uploads')],
    ['a cursor with a text instead of a time', cursorOf('uploads', '2026-11-01', id)],
    ['a cursor with a time after the largest Date', cursorOf('uploads', 8.64e15, id)],
    ['a cursor with a time before the smallest Date', cursorOf('uploads', -8.64e15, id)],
    ['a cursor with a time before the range of Postgres', cursorOf('uploads', -2.4e14, id)],
    ['a cursor with a time BC', cursorOf('uploads', -6.3e13, id)],
    ['a cursor with a huge number', Buffer.from(`["uploads",1e999,"${id}"]`).toString('base64url')],
    ['a cursor with SQL instead of an id', cursorOf('uploads', 0, "' OR 1=1 --")],
    ['a cursor that is an object', Buffer.from('{"0":"uploads"}').toString('base64url')],
  ])('%s: BAD_USER_INPUT, after and before', async (_, cursor) => {
    for (const args of [{ after: cursor }, { before: cursor }]) {
      const answer = await app.query(ann, source, args)
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(answer.status).toBeLessThan(500)
    }
  })

  test.each([
    { first: -1 },
    { last: -1 },
    { first: -(2 ** 31) },
    { first: 1, last: 1 },
    { first: 2 ** 31 },
    { first: 1.5 },
  ])('%j: BAD_USER_INPUT', async (args) => {
    const answer = await app.query(ann, source, args)
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(answer.status).toBeLessThan(500)
  })
})
