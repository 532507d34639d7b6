import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { defineBookmark } from './bookmarks.ts'
import type { Reader } from './database/db.ts'

const now = new Date('2026-03-01T00:00:00Z')
const after = (ms: number) => new Date(now.getTime() + ms)
const schema = z.object({ afterId: z.number() })
const bookmark = defineBookmark({ name: 'first', schema, lifetimeMs: 1_000 })

let app: TestApp
let db: Reader
beforeAll(async () => {
  app = await startTestApp()
  db = app.app.db.prisma
})
afterAll(() => app[Symbol.asyncDispose]())

test('reads the last position that was kept, until it is removed', async () => {
  expect(await bookmark.read(db, now)).toBeNull()
  await bookmark.keep(db, { afterId: 1 }, now)
  await bookmark.keep(db, { afterId: 2 }, after(5))
  expect(await bookmark.read(db, after(5))).toEqual({ position: { afterId: 2 }, savedAt: after(5) })
  await bookmark.remove(db)
  await bookmark.remove(db)
  expect(await bookmark.read(db, now)).toBeNull()
})

test('ignores a position that is older than the lifetime', async () => {
  await bookmark.keep(db, { afterId: 1 }, now)
  expect(await bookmark.read(db, after(1_000))).not.toBeNull()
  expect(await bookmark.read(db, after(1_001))).toBeNull()
})

test('ignores a position that the schema does not accept', async () => {
  await defineBookmark({ name: 'first', schema: z.string(), lifetimeMs: 1_000 }).keep(db, 'elsewhere', now)
  expect(await bookmark.read(db, now)).toBeNull()
})

test('each name has its own position', async () => {
  const other = defineBookmark({ name: 'second', schema, lifetimeMs: 1_000 })
  await bookmark.keep(db, { afterId: 1 }, now)
  await other.keep(db, { afterId: 2 }, now)
  await bookmark.remove(db)
  expect(await other.read(db, now)).toMatchObject({ position: { afterId: 2 } })
})
