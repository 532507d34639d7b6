import { expect, test } from 'vitest'
import { startTestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { spend } from './spend.ts'

test('spend reads only the lots that it takes from, of 1,000 lots of its user and 1,000 of another', async () => {
  await using app = await startTestApp()
  const users = await Promise.all(['ada@example.com', 'ben@example.com'].map((email) => createUser(app, email)))
  for (const { id } of users) {
    await app.owner.query(
      `SELECT credits_grant(uuid_v7(now()), $1, 1, 'PURCHASES', 'lot ' || n, 'Bought', NULL, NULL, now())
       FROM generate_series(1, 1000) AS n`,
      [id],
    )
  }
  await app.owner.query('ANALYZE')
  const userId = users[0]?.id ?? ''
  const read = await app.app.db.transaction(async (tx) => {
    await spend(tx, { userId, amount: 3, key: 'spend', description: 'Spent', now: app.now })
    const [row] = await tx.$queryRaw<{ read: number }[]>`
      SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables WHERE relname = 'credit_lots'`
    return row?.read
  })
  // It finds and changes three rows; the search reads a few more.
  expect(read).toBeGreaterThanOrEqual(3)
  expect(read).toBeLessThan(30)
})
