import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { estimateCount } from './estimate-count.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await app.owner.query('CREATE TABLE counted AS SELECT n FROM generate_series(1, 30000) AS n; ANALYZE counted')
})
afterAll(() => app[Symbol.asyncDispose]())

/** Counts rows with n up to `most`, as Prisma's count with `take` does. */
async function count(most: number, without?: number) {
  const limits: number[] = []
  const found = await estimateCount(app.app.db.prisma, {
    table: 'counted',
    ...(without !== undefined && { without }),
    countUpTo: async (limit) => {
      limits.push(limit)
      const { rows } = await app.owner.query<{ count: number }>(
        'SELECT count(*)::int FROM (SELECT FROM counted WHERE n <= $1 LIMIT $2) AS found',
        [most, limit],
      )
      return rows[0]?.count ?? 0
    },
  })
  return { found, limits }
}

test('up to 10,000 rows are counted, and more are estimated by the size of the table', async () => {
  expect(await count(0)).toEqual({ found: 0, limits: [10_001] })
  expect(await count(10_000)).toEqual({ found: 10_000, limits: [10_001] })
  expect(await count(10_001)).toEqual({ found: 30_000, limits: [10_001] })
  expect((await count(30_000, 5_000)).found).toBe(25_000)
})

test('an estimate is never lower than what was counted', async () => {
  await app.owner.query(`UPDATE pg_class SET reltuples = -1 WHERE relname = 'counted'`)
  expect((await count(30_000)).found).toBe(10_001)
})
