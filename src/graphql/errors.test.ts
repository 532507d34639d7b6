import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createUser } from '../testing/factories.ts'

const email = 'alice@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await createUser(app, email)
})
afterAll(() => app[Symbol.asyncDispose]())

test.each<[string, string, object]>([
  ['a missing variable', 'query ($id: ID!) { node(id: $id) { id } }', {}],
  ['a variable of the wrong type', 'query ($n: Int) { me { activities(first: $n) { totalCount } } }', { n: 'ten' }],
  ['a number out of range for Int', 'query ($n: Int) { me { activities(first: $n) { totalCount } } }', { n: 2 ** 31 }],
  ['a fractional number for Int', 'query ($n: Int) { me { activities(first: $n) { totalCount } } }', { n: 0.5 }],
  [
    'an unknown enum value',
    'query ($s: Sport) { me { activities(filter: { sport: $s }) { totalCount } } }',
    { s: 'CHESS' },
  ],
  [
    'an unknown input field',
    'query ($f: ActivityFilter) { me { activities(filter: $f) { totalCount } } }',
    { f: { title: '' } },
  ],
  [
    'an invalid custom scalar in a variable',
    'query ($t: DateTime) { me { activities(filter: { to: $t }) { totalCount } } }',
    { t: 'soon' },
  ],
  ['an invalid custom scalar as a literal', '{ me { activities(filter: { to: "soon" }) { totalCount } } }', {}],
])('%s returns BAD_USER_INPUT', async (_, source, variables) => {
  const { errors, data, status } = await app.query(email, source, variables)
  expect(errors).toMatchObject([{ message: expect.stringMatching(/./), extensions: { code: 'BAD_USER_INPUT' } }])
  expect(data ?? null).toBeNull()
  expect(status).toBeLessThan(500)
})

test.each([
  ['{ me { ', 'GRAPHQL_PARSE_FAILED'],
  ['{ me { shoeSize } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['{ me { activities(first: "ten") { totalCount } } }', 'GRAPHQL_VALIDATION_FAILED'],
])('an invalid document returns its code: %s', async (source, code) => {
  expect((await app.query(email, source)).errors).toMatchObject([{ extensions: { code } }])
})

test('an internal error is masked and contains no SQL', async () => {
  await app.owner.query('ALTER TABLE activities RENAME COLUMN device TO gadget')
  const { errors, data } = await app.query(email, '{ me { id activities { edges { node { device } } } } }')
  expect(data).toEqual({ me: null })
  expect(errors).toEqual([
    {
      message: 'Internal server error. Try again. If the problem persists, contact support with the request ID.',
      locations: [{ line: 1, column: 11 }],
      path: ['me', 'activities'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    },
  ])
})
