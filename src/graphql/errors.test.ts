import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createPerson } from '../testing/factories.ts'

const email = 'alice@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await createPerson(app, email)
})
afterAll(() => app[Symbol.asyncDispose]())

test.each<[string, string, object]>([
  ['a variable that is missing', 'query ($id: ID!) { node(id: $id) { id } }', {}],
  ['a variable of another type', 'query ($n: Int) { me { activities(first: $n) { totalCount } } }', { n: 'ten' }],
  ['a number beyond Int', 'query ($n: Int) { me { activities(first: $n) { totalCount } } }', { n: 2 ** 31 }],
  ['a number with a fraction', 'query ($n: Int) { me { activities(first: $n) { totalCount } } }', { n: 0.5 }],
  [
    'a word that the enum has not',
    'query ($s: Sport) { me { activities(filter: { sport: $s }) { totalCount } } }',
    { s: 'CHESS' },
  ],
  [
    'a field that the input has not',
    'query ($f: ActivityFilter) { me { activities(filter: $f) { totalCount } } }',
    { f: { title: '' } },
  ],
  [
    'a scalar of ours that does not fit',
    'query ($t: DateTime) { me { activities(filter: { to: $t }) { totalCount } } }',
    { t: 'soon' },
  ],
  ['the same as a literal', '{ me { activities(filter: { to: "soon" }) { totalCount } } }', {}],
])('%s is told as the client’s mistake, with a code', async (_, source, variables) => {
  const { errors, data, status } = await app.query(email, source, variables)
  expect(errors).toMatchObject([{ message: expect.stringMatching(/./), extensions: { code: 'BAD_USER_INPUT' } }])
  expect(data ?? null).toBeNull()
  expect(status).toBeLessThan(500)
})

test.each([
  ['{ me { ', 'GRAPHQL_PARSE_FAILED'],
  ['{ me { shoeSize } }', 'GRAPHQL_VALIDATION_FAILED'],
  ['{ me { activities(first: "ten") { totalCount } } }', 'GRAPHQL_VALIDATION_FAILED'],
])('what is no query of this schema is told so: %s', async (source, code) => {
  expect((await app.query(email, source)).errors).toMatchObject([{ extensions: { code } }])
})

test('what is our own fault is masked, and says nothing of SQL', async () => {
  await app.owner.query('ALTER TABLE activities RENAME COLUMN device TO gadget')
  const { errors, data } = await app.query(email, '{ me { id activities { edges { node { device } } } } }')
  expect(data).toEqual({ me: null })
  expect(errors).toEqual([
    {
      message: 'Something went wrong on our side. Try again; if it stays, tell us the request id.',
      locations: [{ line: 1, column: 11 }],
      path: ['me', 'activities'],
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    },
  ])
})
