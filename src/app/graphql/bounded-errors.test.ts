import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'

const email = 'ada@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { mode: 'production' } })
  await createUser(app, email)
})
afterAll(() => app[Symbol.asyncDispose]())

const repeat = (times: number, text: (n: number) => string) => Array.from({ length: times }, (_, n) => text(n))

async function answerTo(body: object) {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await app.token(email)}` },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  const { errors = [] } = JSON.parse(text) as { errors?: { message: string; extensions: { code: string } }[] }
  return { text, errors }
}

const withFilter = 'query ($filter: ActivityFilter) { me { activities(filter: $filter) { totalCount } } }'
const long = 'y'.repeat(400)

describe('a response with errors is small', () => {
  test.each<[string, object]>([
    [
      'fields of an input that are not there',
      { query: `{me{activities(filter:{${repeat(250, (n) => `z${n}${long.slice(0, 110)}:1`)}}){totalCount}}}` },
    ],
    ['fields that are not there', { query: `{${repeat(250, (n) => `z${n}${long.slice(0, 110)} `).join('')}}` }],
    ['a text that breaks off', { query: `{ me(id: "${'x'.repeat(30_000)}` }],
    ['a value that fits nowhere', { query: `{ node(id: {a: "${'x'.repeat(30_000)}"}) { id } }` }],
    [
      'the same in variables',
      {
        query: withFilter,
        variables: { filter: Object.fromEntries(repeat(600, (n) => `z${n}${long}`).map((name) => [name, 1])) },
      },
    ],
    ['variables of another type', { query: withFilter, variables: { filter: { sport: 'x'.repeat(250_000) } } }],
    ['an operation that is not there', { query: '{ __typename }', operationName: 'y'.repeat(250_000) }],
    [
      'an id that is none',
      { query: 'query ($id: ID!) { node(id: $id) { id } }', variables: { id: 'x'.repeat(250_000) } },
    ],
  ])('%s', async (_about, body) => {
    const { text, errors } = await answerTo(body)
    expect(errors.length).toBeGreaterThan(0)
    expect(errors.length).toBeLessThanOrEqual(11)
    for (const { message } of errors) expect(message.length).toBeLessThanOrEqual(301)
    expect(text.length).toBeLessThan(8_000)
  })

  test('and is made within milliseconds', async () => {
    const variables = { filter: Object.fromEntries(repeat(20_000, (n) => `z${n}`).map((name) => [name, 1])) }
    await answerTo({ query: withFilter, variables })
    const before = process.threadCpuUsage()
    expect((await answerTo({ query: withFilter, variables })).errors).toHaveLength(2)
    const { user, system } = process.threadCpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(300)
  })

  test('and has the number of errors that are not shown', async () => {
    const variables = { filter: Object.fromEntries(repeat(60, (n) => `z${n}`).map((name) => [name, 1])) }
    const { errors } = await answerTo({ query: withFilter, variables })
    expect(errors).toHaveLength(11)
    expect(errors.at(-1)).toMatchObject({
      message: expect.stringMatching(/^\d+ more errors are not shown\.$/),
      extensions: { code: 'TOO_MANY_ERRORS' },
    })
    const { errors: stopped } = await answerTo({ query: `{ ${repeat(60, (n) => `z${n}`)} }` })
    expect(stopped).toHaveLength(11)
    expect(stopped.at(-1)?.message).toMatch(/^Too many validation errors/)
  })

  test('also where fields fail', async () => {
    const { errors } = await answerTo({ query: `{ ${repeat(40, (n) => `a${n}: node(id: "${n}") { id }`)} }` })
    expect(errors).toHaveLength(11)
    expect(errors.at(-1)?.message).toMatch(/^30 more errors/)
  })
})
