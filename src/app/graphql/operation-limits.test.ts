import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { type Answer, startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'

const email = 'ada@example.com'

let app: TestApp
let closed: TestApp
beforeAll(async () => {
  app = await startTestApp()
  closed = await startTestApp({ databaseUrl: app.databaseUrl, config: { mode: 'production' } })
  await createUser(app, email)
})
afterAll(async () => {
  await closed[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** Names the first operation, where there are many. */
async function post(query: string): Promise<Partial<Answer<unknown>>> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, ...(query.includes('Q0') ? { operationName: 'Q0' } : {}) }),
  })
  return response.json()
}

const repeat = (times: number, text: (n: number) => string) =>
  Array.from({ length: times }, (_, n) => text(n)).join(' ')

describe('a document', () => {
  test.each<[string, (n: number) => string, number, string]>([
    ['aliases', (n) => `{ ${repeat(n, (i) => `a${i}: __typename`)} }`, 50, 'has 51 aliases; the maximum is 50'],
    [
      'directives',
      (n) => `{ __typename ${repeat(n, () => '@skip(if: false)')} }`,
      50,
      'has 51 directives; the maximum is 50',
    ],
    [
      'fragments',
      (n) => `{ ${repeat(n, () => '...F')} } fragment F on Query { __typename }`,
      50,
      'has 51 fragments; the maximum is 50',
    ],
    ['operations', (n) => repeat(n, (i) => `query Q${i} { __typename }`), 20, 'has 21 operations; the maximum is 20'],
    ['fields', (n) => `{ ${repeat(n, (i) => `x${i}`)} }`, 500, 'has 501 fields; the maximum is 500'],
    [
      'fields of one name',
      (n) => `{ ${repeat(n - 50, () => '__typename')} ${repeat(50, (i) => `... { b${i} { __typename } }`)} }`,
      100,
      'has 101 fields of one name; the maximum is 100',
    ],
    [
      'tokens',
      (n) => `{ nodes(ids: [${repeat(n - 12, () => '"x"')}]) { id } }`,
      2_000,
      'has 2001 tokens, including comments; the maximum is 2000',
    ],
    [
      'comments',
      (n) => `{ __typename } ${'#\n'.repeat(n - 3)}`,
      2_000,
      'has 2001 tokens, including comments; the maximum is 2000',
    ],
    ['letters in a name', (n) => `{ ${'x'.repeat(n)} }`, 128, 'has a name of 129 characters; the maximum is 128'],
  ])('with one more of %s than allowed is refused with the number', async (about, document, most, message) => {
    const allowed = await post(document(most))
    expect(JSON.stringify(allowed.errors ?? [])).not.toContain('the maximum is')
    const { errors, data } = await post(document(most + 1))
    const isText = ['tokens', 'comments', 'letters in a name'].includes(about)
    const code = isText ? 'GRAPHQL_PARSE_FAILED' : 'OPERATION_TOO_LARGE'
    expect(errors?.map(({ extensions }) => extensions.code)).toContain(code)
    expect(errors?.map((error) => error.message).join()).toContain(message)
    expect(data ?? null).toBeNull()
  })

  test.each([
    ['spelled out', `{ me { ${'a { '.repeat(19)} id ${'} '.repeat(19)} } }`],
    [
      'in fragments',
      `{ me { ...A } } fragment A on User { ${'a { '.repeat(9)} ...B ${'} '.repeat(9)} }
      fragment B on User { ...{ ${'a { '.repeat(10)} id ${'} '.repeat(10)} } }`,
    ],
  ])('is not too deep, %s', async (_about, document) => {
    const tooDeep = 'The document has a depth of 21 fields; the maximum is 20. Split it into smaller operations.'
    expect((await post(document)).errors?.map(({ message }) => message)).toContain(tooDeep)
    expect(JSON.stringify(await post(document.replace(/a \{ (.*?)\} /s, '$1')))).not.toContain('fields deep')
  })
})

describe('the cost of an operation', () => {
  const many = Array.from({ length: 100 }, () => 'YQ==')
  const costOf = async (query: string, variables: object = {}) => {
    const { extensions } = (await app.query(email, query, variables)) as unknown as {
      readonly extensions?: { readonly cost: { readonly requested: number; readonly maximum: number } }
    }
    return extensions?.cost.requested ?? 0
  }

  test.each<[string, number, object]>([
    ['{ __typename me { id name creditBalance } }', 1, {}],
    ['{ me { activities { edges { node { id } } } } }', 2 + 20, {}],
    [
      '{ me { activities(first: 5) { totalCount pageInfo { endCursor } edges { cursor node { id } } } } }',
      2 + 5 + 5,
      {},
    ],
    ['{ me { subscriptions { id } } }', 1 + 10, {}],
    ['{ me { activities(first: 3) { edges { node { laps { startedAt } } } } } }', 2 + 3 * (1 + 10), {}],
    ['{ me { activities(last: 7) { edges { node { id upload { filename } } } } } }', 2 + 7 * 2, {}],
    ['query ($n: Int = 3) { me { activities(first: $n) { edges { node { id } } } } }', 2 + 3, {}],
    ['query ($n: Int = 3) { me { activities(first: $n) { edges { node { id } } } } }', 2 + 9, { n: 9 }],
    ['{ me { activities(first: 9999) { edges { node { id } } } } }', 2 + 100, {}],
    ['{ me { uploads(first: 10) { edges { node { download { url } } } } } }', 2 + 10 * (1 + 5), {}],
    [
      '{ me { a: activities(first: 1) { ...P } b: activities(first: 9) { ...P } } } fragment P on ActivityConnection { edges { node { id } } }',
      1 + 2 + 10,
      {},
    ],
    ['{ nodes(ids: []) { id } }', 1, {}],
    ['{ nodes(ids: "YQ==") { id } }', 1 + 1, {}],
    ['query ($ids: [ID!]!) { a: nodes(ids: $ids) { id } b: nodes(ids: $ids) { id } }', 2 * (1 + 100), { ids: many }],
    [
      'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Activity { upload { id } } } }',
      1 + 2 + 2,
      { ids: ['YQ==', 'Yg=='] },
    ],
  ])('%s', async (query, cost, variables) => {
    // The second cost comes from the cache.
    expect([await costOf(query, variables), await costOf(query, variables)]).toEqual([cost, cost])
  })

  test('above the maximum is refused before any row is read', async () => {
    app.takeStatements()
    const page = (field: string, inner: string) => `${field}(first: 100) { edges { node { ${inner} } } }`
    const { status, errors, data } = await app.query(email, `{ ${page('users', page('activities', 'upload { id }'))} }`)
    expect({ status, data }).toEqual({ status: 200, data: undefined })
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/^The operation can cost up to 20201; the maximum is 5000\./),
        extensions: { code: 'OPERATION_TOO_COSTLY', asked: 20_201, allowed: 5_000 },
      },
    ])
    expect(app.takeStatements()).toEqual([expect.stringContaining('"users"')]) // the viewer
  })

  test('of fragments that double each other is computed in linear time', async () => {
    const levels = repeat(22, (n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`)
    const document = `{ me { ...F0 } } ${levels} fragment F22 on User { activities { totalCount } }`
    const began = performance.now()
    const { errors } = await app.query(email, document)
    expect(errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COSTLY' } }])
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  test('is limited per person and minute, and per address without a viewer', async () => {
    const limits = { ...defaultLimits, costPerUser: { points: 100, seconds: 60 } }
    await using poor = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits } })
    const page = '{ me { activities(first: 48) { edges { node { id } } } } }'
    for (const who of [email, 'bob@example.com', null]) {
      expect(await poor.query(who, page)).toMatchObject({ status: 200 })
      expect(await poor.query(who, page)).toMatchObject({ status: 200 })
      const refused = await poor.query(who, page)
      expect(refused).toMatchObject({ status: 429, errors: [{ extensions: { code: 'RATE_LIMITED', limit: 'cost' } }] })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    }
  })
})

describe('production', () => {
  test('does not show the schema', async () => {
    const { errors } = await closed.query(email, getIntrospectionQuery())
    expect(errors?.[0]?.message).toContain('introspection')
    expect((await app.query(email, getIntrospectionQuery())).data).toHaveProperty('__schema')
  })

  test.each<[string, object]>([
    ['{ mee { id } }', {}],
    ['{ me { activities(frist: 1) { totalCount } } }', {}],
    ['{ me { activities(orderBy: DISTANCE_DES) { totalCount } } }', {}],
    ['query ($o: ActivityOrder) { me { activities(orderBy: $o) { totalCount } } }', { o: 'DISTANCE_DES' }],
    ['query ($f: ActivityFilter) { me { activities(filter: $f) { totalCount } } }', { f: { sprt: 'RUNNING' } }],
  ])('suggests no name: %s', async (query, variables) => {
    const guessed = await app.query(email, query, variables)
    const { errors } = await closed.query(email, query, variables)
    expect(JSON.stringify(guessed.errors)).toContain('Did you mean')
    expect(errors?.length).toBeGreaterThan(0)
    expect(JSON.stringify(errors)).not.toContain('Did you mean')
  })

  test('does not show the cost', async () => {
    expect(await closed.query(email, '{ me { id } }')).not.toHaveProperty('extensions')
    expect(await app.query(email, '{ me { id } }')).toHaveProperty('extensions.cost', { requested: 1, maximum: 5_000 })
  })
})
