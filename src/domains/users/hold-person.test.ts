import { decodeJwt } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RequestUploadDocument } from '../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { announce } from '../../testing/upload-steps.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

test('what was let in before a deletion, and comes to its transaction after it, changes nothing', async () => {
  const email = 'racing@example.com'
  const clerkId = decodeJwt(await app.token(email)).sub
  await app.query(email, '{ me { id } }')
  const deleting = new Client({ connectionString: app.databaseUrl })
  await deleting.connect()
  try {
    await deleting.query('BEGIN')
    await deleting.query(`UPDATE users SET standing = 'DELETING' WHERE clerk_id = $1`, [clerkId])
    // Reads see the person as they were; the transaction waits for what becomes of them.
    const answer = app.run(email, RequestUploadDocument, { input: announce() })
    const waits = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE%'`
    await expect.poll(async () => (await app.app.db.pool.query(waits)).rows[0].n).toBe(1)
    await deleting.query('COMMIT')
    expect((await answer).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    const { rows } = await deleting.query(
      'SELECT uploads.id FROM uploads JOIN users ON users.id = user_id WHERE clerk_id = $1',
      [clerkId],
    )
    expect(rows).toEqual([])
  } finally {
    await deleting.end()
  }
})
