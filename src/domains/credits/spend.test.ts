import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { spend } from './spend.ts'

test('a spend reads the lots that it takes from, however many there are of its person and of others', async () => {
  await using app = await startTestApp()
  const people = await Promise.all(['ada@example.com', 'ben@example.com'].map((email) => createPerson(app, email)))
  for (const { id } of people) {
    await app.owner.query(
      `SELECT credits_grant(uuid_v7(now()), $1, 1, 'PURCHASES', 'lot ' || n, 'Bought', NULL, NULL, now())
       FROM generate_series(1, 1000) AS n`,
      [id],
    )
  }
  await app.owner.query('ANALYZE')
  const userId = people[0]?.id ?? ''
  const read = await app.app.db.transaction(async (tx) => {
    await spend(tx, { userId, amount: 3, key: 'spend', description: 'Spent', now: app.now })
    const [row] = await tx.$queryRaw<{ read: number }[]>`
      SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables WHERE relname = 'credit_lots'`
    return row?.read
  })
  // Three are found and changed; looking for them costs a few more.
  expect(read).toBeGreaterThanOrEqual(3)
  expect(read).toBeLessThan(30)
})
