import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ActivityUpdatedDocument } from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { openStream } from '../../../testing/event-stream.ts'
import { createActivity, createUser } from '../../../testing/factories.ts'
import { deleteAccount } from '../../../testing/privacy-steps.ts'
import { request } from '../../../testing/upload-steps.ts'

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
  user = await createUser(app, email)
})

const standing = async () => (await app.app.db.prisma.user.findUniqueOrThrow({ where: { id: user.id } })).standing
const erasures = () =>
  app.app.db.prisma.$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${`privacy.erase-user:${user.id}`}`

test.each(['', 'delete', 'DELETE ', 'Delete', 'YES'])('"%s" is rejected', async (confirm) => {
  const { data } = await deleteAccount(app, email, confirm)
  expect(data.deleteAccount).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' })
  const source =
    'mutation ($confirm: String!) { deleteAccount(input: { confirm: $confirm }) { ... on InvalidInputError { issues { path } } } }'
  const issues = await app.query(email, source, { confirm })
  expect(issues.data).toEqual({ deleteAccount: { issues: [{ path: ['input', 'confirm'] }] } })
  expect(await standing()).toBe('ACTIVE')
  expect(await erasures()).toEqual([])
})

test('a request without a token returns UNAUTHENTICATED', async () => {
  const answer = await app.query(null, 'mutation { deleteAccount(input: { confirm: "DELETE" }) { __typename } }')
  expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

test('DELETE refuses the user at once, on every instance, and enqueues the erasure', async () => {
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

test('concurrent requests all succeed and start one erasure', async () => {
  const answers = await Promise.all([app, second, app, second].map((instance) => deleteAccount(instance, email)))
  const succeeded = answers.filter(({ data }) => data?.deleteAccount?.__typename === 'DeleteAccountPayload')
  expect(succeeded.length).toBeGreaterThan(0)
  for (const { status, data } of answers) {
    // A request that was authenticated after the first commit is refused.
    if (status !== 401) expect(data.deleteAccount?.__typename).toBe('DeleteAccountPayload')
  }
  expect(await erasures()).toHaveLength(1)
})

test('two calls in one request start one erasure', async () => {
  const twice =
    'mutation { a: deleteAccount(input: { confirm: "DELETE" }) { __typename } b: deleteAccount(input: { confirm: "DELETE" }) { __typename } }'
  const payload = { __typename: 'DeleteAccountPayload' }
  expect((await app.query(email, twice)).data).toEqual({ a: payload, b: payload })
  expect(await erasures()).toHaveLength(1)
})

test('a user whose lock has expired can delete the account', async () => {
  const lockedUntil = new Date(app.now.getTime() - 1)
  await app.app.db.prisma.user.update({ where: { id: user.id }, data: { standing: 'LOCKED', lockedUntil } })
  expect((await deleteAccount(app, email)).data.deleteAccount?.__typename).toBe('DeleteAccountPayload')
  expect(await standing()).toBe('DELETING')
})

test('the deletion ends open streams with its reason', { timeout: 10_000 }, async () => {
  const activity = await createActivity(app, user)
  const activityId = toGlobalId('Activity', activity.id)
  const stream = await openStream(second, await second.token(email), ActivityUpdatedDocument, { activityId })
  await stream.next()
  await deleteAccount(app, email)
  expect(await stream.next()).toMatchObject({ value: { errors: [{ extensions: { code: 'ACCOUNT_UNAVAILABLE' } }] } })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})
