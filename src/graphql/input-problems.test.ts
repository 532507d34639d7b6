import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createUser } from '../testing/factories.ts'

const email = 'ada@example.com'
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await createUser(app, email, { role: 'ADMIN' })
})
afterAll(() => app[Symbol.asyncDispose]())

test.each([
  [
    'updateActivity',
    'UpdateActivityInput',
    { activityId: 'x', title: '', sport: null },
    ['activityId', 'title', 'sport'],
  ],
  [
    'grantCredits',
    'GrantCreditsInput',
    { userId: 'x', amount: 0, reason: '', idempotencyKey: '' },
    ['userId', 'amount', 'reason', 'idempotencyKey'],
  ],
  [
    'requestUpload',
    'RequestUploadInput',
    { kind: 'ACTIVITY', activityId: 'x', filename: '', contentType: 'a/b', byteSize: 0, idempotencyKey: '' },
    ['activityId', 'filename', 'contentType', 'byteSize', 'idempotencyKey'],
  ],
])('%s reports an invalid ID with all other problems', async (mutation, type, input, fields) => {
  const source = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ... on InvalidInputError { issues { path } } } }`
  const { data } = await app.query(email, source, { input })
  expect(data).toEqual({ [mutation]: { issues: fields.map((field) => ({ path: ['input', field] })) } })
})
