import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ActivityUpdatedDocument } from '../../../operations/typed-operations.ts'
import type { User } from '../../generated/prisma/client.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createActivity, createPerson } from '../../testing/factories.ts'
import { deleteAccount } from '../../testing/privacy-steps.ts'
import { request } from '../../testing/upload-steps.ts'

let app: TestApp
/** Another process of the same deployment. */
let second: TestApp
beforeAll(async () => {
  app = await startTestApp()
  second = await startTestApp({ databaseUrl: app.databaseUrl })
})
afterAll(async () => {
  await second[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

let count = 0
let email: string
let user: User
beforeEach(async () => {
  email = `leaver${++count}@example.com`
  user = await createPerson(app, email)
})

const standing = async () => (await app.app.db.prisma.user.findUniqueOrThrow({ where: { id: user.id } })).standing
const erasures = () =>
  app.app.db.prisma.$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${`privacy.erase-user:${user.id}`}`

test.each(['', 'delete', 'DELETE ', 'Delete', 'YES'])('"%s" deletes nobody', async (confirm) => {
  const { data } = await deleteAccount(app, email, confirm)
  expect(data.deleteAccount).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' })
  const source =
    'mutation ($confirm: String!) { deleteAccount(confirm: $confirm) { ... on InvalidInputError { issues { path } } } }'
  const issues = await app.query(email, source, { confirm })
  expect(issues.data).toEqual({ deleteAccount: { issues: [{ path: ['confirm'] }] } })
  expect(await standing()).toBe('ACTIVE')
  expect(await erasures()).toEqual([])
})

test('nobody who is not signed in can ask', async () => {
  const answer = await app.query(null, 'mutation { deleteAccount(confirm: "DELETE") { __typename } }')
  expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

test('DELETE refuses the person at once, on every instance, and has them erased', async () => {
  const activity = await createActivity(app, user)
  expect((await deleteAccount(app, email)).data.deleteAccount).toEqual({
    __typename: 'DeleteAccountPayload',
    deletedId: toGlobalId('User', user.id),
  })
  for (const instance of [app, second]) {
    expect(await instance.query(email, '{ me { id } }')).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    await expect(request(instance, email)).rejects.toThrow('UNAUTHENTICATED')
    const activityId = toGlobalId('Activity', activity.id)
    const opened = openStream(instance, await instance.token(email), ActivityUpdatedDocument, { activityId })
    await expect(opened).rejects.toThrow('401')
    expect(await deleteAccount(instance, email)).toMatchObject({ status: 401 })
  }
  expect(await standing()).toBe('DELETING')
  expect(await erasures()).toHaveLength(1)
})

test('several at once all succeed, and one erasure begins', async () => {
  const answers = await Promise.all([app, second, app, second].map((instance) => deleteAccount(instance, email)))
  const succeeded = answers.filter(({ data }) => data?.deleteAccount?.__typename === 'DeleteAccountPayload')
  expect(succeeded.length).toBeGreaterThan(0)
  for (const { status, data } of answers) {
    // One that came in after the first one's commit is refused with the person.
    if (status !== 401) expect(data.deleteAccount?.__typename).toBe('DeleteAccountPayload')
  }
  expect(await erasures()).toHaveLength(1)
})

test('twice in one request is as once', async () => {
  const twice =
    'mutation { a: deleteAccount(confirm: "DELETE") { __typename } b: deleteAccount(confirm: "DELETE") { __typename } }'
  const payload = { __typename: 'DeleteAccountPayload' }
  expect((await app.query(email, twice)).data).toEqual({ a: payload, b: payload })
  expect(await erasures()).toHaveLength(1)
})

test('somebody whose lock is over may leave too', async () => {
  const lockedUntil = new Date(app.now.getTime() - 1)
  await app.app.db.prisma.user.update({ where: { id: user.id }, data: { standing: 'LOCKED', lockedUntil } })
  expect((await deleteAccount(app, email)).data.deleteAccount?.__typename).toBe('DeleteAccountPayload')
  expect(await standing()).toBe('DELETING')
})

test('streams that were open end with the erasure', { timeout: 10_000 }, async () => {
  const activity = await createActivity(app, user)
  const activityId = toGlobalId('Activity', activity.id)
  const stream = await openStream(second, await second.token(email), ActivityUpdatedDocument, { activityId })
  await stream.next()
  await deleteAccount(app, email)
  await app.runJob('privacy.erase-user', { userId: user.id })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})
