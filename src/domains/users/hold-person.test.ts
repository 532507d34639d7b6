import { decodeJwt } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RequestUploadDocument } from '../../../operations/typed-operations.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createActivity, createPerson } from '../../testing/factories.ts'
import { announce } from '../../testing/upload-steps.ts'
import { withHeldPerson } from './hold-person.ts'
import { maySignIn } from './may-sign-in.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** Begins a deletion, waits until `change` waits for what becomes of it, and commits. */
async function deletedDuring<Answer>(email: string, change: () => Promise<Answer>): Promise<Answer> {
  const clerkId = decodeJwt(await app.token(email)).sub
  const deleting = new Client({ connectionString: app.databaseUrl })
  await deleting.connect()
  try {
    await deleting.query('BEGIN')
    await deleting.query(`UPDATE users SET standing = 'DELETING' WHERE clerk_id = $1`, [clerkId])
    // Reads see the person as they were; the change waits.
    const answer = change()
    const waits = `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR NO KEY UPDATE%'`
    await expect.poll(async () => (await app.app.db.pool.query(waits)).rows[0].n).toBe(1)
    await deleting.query('COMMIT')
    return await answer
  } finally {
    await deleting.end()
  }
}

test('what was let in before a deletion, and comes to its transaction after it, changes nothing', async () => {
  const email = 'racing@example.com'
  const { id } = await createPerson(app, email)
  const answer = await deletedDuring(email, () => app.run(email, RequestUploadDocument, { input: announce() }))
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  expect(await app.app.db.prisma.upload.count({ where: { userId: id } })).toBe(0)
})

test('the same of a change that is a single statement', async () => {
  const email = 'renaming@example.com'
  const activity = await createActivity(app, await createPerson(app, email), { title: 'Before' })
  const input = { activityId: toGlobalId('Activity', activity.id), title: 'After' }
  const rename = `mutation ($input: UpdateActivityInput!) { updateActivity(input: $input) { __typename } }`
  const answer = await deletedDuring(email, () => app.query(email, rename, { input }))
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  const { title } = await app.app.db.prisma.activity.findUniqueOrThrow({ where: { id: activity.id } })
  expect(title).toBe('Before')
})

test('a single statement asks of a lock what a sign-in does', async () => {
  const { id: locked } = await createPerson(app, 'locked@example.com', { standing: 'LOCKED' })
  const held = async (lockedUntil: Date | null) => {
    await app.app.db.prisma.user.update({ where: { id: locked }, data: { lockedUntil } })
    return (await app.app.db.query(`${withHeldPerson} SELECT FROM held`, [locked, app.now])).length === 1
  }
  const later = new Date(app.now.getTime() + 1)
  for (const until of [null, app.now, later]) {
    expect(await held(until)).toBe(maySignIn({ standing: 'LOCKED', lockedUntil: until }, app.now))
  }
})
