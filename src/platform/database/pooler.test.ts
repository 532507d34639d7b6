import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { goesThroughPooler } from './pooler.ts'

test('goesThroughPooler compares the hosts of DATABASE_URL and DIRECT_URL', () => {
  const directUrl = 'postgres://pacer@db.example.com/pacer'
  expect(goesThroughPooler({ url: directUrl, directUrl })).toBe(false)
  expect(goesThroughPooler({ url: 'postgres://app@db-pooler.example.com/pacer', directUrl })).toBe(true)
  expect(goesThroughPooler({ url: 'postgres://pacer@db.example.com:6432/pacer', directUrl })).toBe(true)
})

test('idle connections that are terminated are replaced, and no request fails', async () => {
  await using app = await startTestApp()
  const email = 'ada@example.com'
  await createUser(app, email)
  const sendRequest = () => app.query(email, '{ me { email } }')
  for (let round = 1; round <= 5; round += 1) {
    const answers = await Promise.all(Array.from({ length: 10 }, sendRequest))
    expect(answers.map(({ status, errors }) => errors ?? status)).toEqual(answers.map(() => 200))
    // Waits until the sessions have ended, so that later requests find closed connections, never connections that are
    // closing.
    const { rows } = await app.owner.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'`,
    )
    expect(rows.length).toBeGreaterThan(0)
  }
})
