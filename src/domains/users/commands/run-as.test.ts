import { decodeJwt } from 'jose'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RequestUploadDocument } from '../../../../operations/typed-operations.ts'
import { UserStanding } from '../../../generated/prisma/enums.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createActivity, createUser } from '../../../testing/factories.ts'
import { uploadInput } from '../../../testing/upload-steps.ts'
import { mayAct } from '../may-act.ts'
import { findUnavailableUsers } from '../queries/find-unavailable-users.ts'
import { users } from '../services.ts'
import { withLockedUser } from './run-as.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** Starts a deletion in a transaction, waits until `change` waits for its lock, and commits. */
async function deletedDuring<Answer>(email: string, change: () => Promise<Answer>): Promise<Answer> {
  const clerkId = decodeJwt(await app.token(email)).sub
  const deleting = new Client({ connectionString: app.databaseUrl })
  await deleting.connect()
  try {
    await deleting.query('BEGIN')
    await deleting.query(`UPDATE users SET standing = 'DELETING' WHERE clerk_id = $1`, [clerkId])
    // Reads return the user as before the deletion; the change waits for the lock.
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

test('a request that was authenticated before a deletion changes nothing after it', async () => {
  const email = 'racing@example.com'
  const { id } = await createUser(app, email)
  const answer = await deletedDuring(email, () => app.run(email, RequestUploadDocument, { input: uploadInput() }))
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  expect(await app.app.db.prisma.upload.count({ where: { userId: id } })).toBe(0)
})

test('a change in a single statement changes nothing after a deletion', async () => {
  const email = 'renaming@example.com'
  const activity = await createActivity(app, await createUser(app, email), { title: 'Before' })
  const input = { activityId: toGlobalId('Activity', activity.id), title: 'After' }
  const rename = `mutation ($input: UpdateActivityInput!) { updateActivity(input: $input) { __typename } }`
  const answer = await deletedDuring(email, () => app.query(email, rename, { input }))
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  const { title } = await app.app.db.prisma.activity.findUniqueOrThrow({ where: { id: activity.id } })
  expect(title).toBe('Before')
})

test.each(Object.values(UserStanding))(
  'withLockedUser, mayAct and findUnavailableUsers agree on %s',
  async (standing) => {
    const { id } = await createUser(app, `${standing}@example.com`)
    // A tombstone has no personal data.
    const { emailEncrypted, emailIndex } = app.app.services(users).emails.columns(null)
    await app.app.db.prisma.user.update({ where: { id }, data: { standing, emailEncrypted, emailIndex } })
    const isPermitted = (await app.app.db.query(`${withLockedUser} SELECT FROM locked_user`, [id])).length === 1
    const isUnavailable = (await findUnavailableUsers(app.app.db, [id])).has(id)
    expect([isPermitted, !isUnavailable]).toEqual([mayAct({ standing }), mayAct({ standing })])
  },
)
