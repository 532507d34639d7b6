import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { readManifest, sha256 } from './operation-manifest.ts'

const manifest = readManifest()
const [me] = [...manifest].find(([, document]) => document.startsWith('query Me')) ?? ['there is no Me']
const [change] = [...manifest].find(([, document]) => document.startsWith('mutation')) ?? ['there is no mutation']

let app: TestApp
let only: TestApp
beforeAll(async () => {
  app = await startTestApp()
  only = await startTestApp({ databaseUrl: app.databaseUrl, config: { persistedOnly: true } })
})
afterAll(async () => {
  await only[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

async function post(to: TestApp, body: object) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await to.token('ada@example.com')}` }
  return answerOf(await fetch(`${to.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

const get = async (to: TestApp, search: Record<string, string>) =>
  answerOf(await fetch(`${to.url}/graphql?${new URLSearchParams(search)}`))

async function answerOf(response: Response) {
  const body = (await response.json()) as { data?: object; errors?: { extensions: { code: string } }[] }
  return { status: response.status, data: body.data, code: body.errors?.[0]?.extensions.code }
}

const persistedQuery = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } })

test('the manifest has each operation of the folder separately', () => {
  expect(manifest.size).toBeGreaterThan(12)
  for (const document of manifest.values()) expect(document.match(/^(query|mutation|subscription) /gm)).toHaveLength(1)
})

describe.each<[string, () => TestApp]>([
  ['usually', () => app],
  ['where only those are run', () => only],
])('%s', (_about, server) => {
  test('an operation is run by its hash, as Apollo and urql send it and as the specification names it', async () => {
    for (const body of [persistedQuery(me), { documentId: me }, { documentId: `sha256:${me}` }]) {
      expect(await post(server(), body)).toMatchObject({ status: 200, data: { me: { email: 'ada@example.com' } } })
    }
  })

  test('a query is run by its hash by GET too', async () => {
    const { extensions } = persistedQuery(me)
    expect(await get(server(), { extensions: JSON.stringify(extensions) })).toMatchObject({
      status: 200,
      data: { me: null },
    })
    expect(await get(server(), { documentId: me })).toMatchObject({ status: 200, data: { me: null } })
    expect((await get(server(), { documentId: change })).status).toBe(405)
  })

  test('an unknown id is refused', async () => {
    expect(await post(server(), { documentId: '0'.repeat(64) })).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' })
  })
})

describe('automatic persisted queries', () => {
  const query = 'query { me { id email } }'
  const unknown = persistedQuery(sha256(query))

  test('register a hash by a request with its document', async () => {
    expect(await post(app, unknown)).toMatchObject({ status: 200, code: 'PERSISTED_QUERY_NOT_FOUND' })
    const email = { me: { email: 'ada@example.com' } }
    expect(await post(app, { query, ...unknown })).toMatchObject({ status: 200, data: email })
    for (const body of [unknown, unknown]) expect(await post(app, body)).toMatchObject({ status: 200, data: email })
    const { extensions } = unknown
    expect(await get(app, { extensions: JSON.stringify(extensions) })).toMatchObject({ data: { me: null } })
  })

  test('a document with the hash of another is refused and not registered', async () => {
    const other = persistedQuery(sha256('{ __typename }'))
    expect(await post(app, { query, ...other })).toMatchObject({ code: 'PERSISTED_QUERY_HASH_MISMATCH' })
    expect(await post(app, other)).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' })
    expect(await post(app, { query, ...persistedQuery(me) })).toMatchObject({ code: 'PERSISTED_QUERY_HASH_MISMATCH' })
  })

  test('a document that is not valid is not registered', async () => {
    for (const invalid of ['{ nothing }', '{ nothing']) {
      const hash = persistedQuery(sha256(invalid))
      expect((await post(app, { query: invalid, ...hash })).data).toBeUndefined()
      expect(await post(app, hash)).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' })
    }
  })

  test('are bounded: the oldest is removed, and is registered again', async () => {
    const texts = Array.from({ length: 5 }, (_, n) => `{ __typename } # ${n}`.padEnd(1_000))
    await using small = await startTestApp({
      databaseUrl: app.databaseUrl,
      config: { limits: { ...defaultLimits, registeredDocumentBytes: 8_500 } },
    })
    for (const text of texts) await post(small, { query: text, ...persistedQuery(sha256(text)) })
    const [first = '', last = ''] = [texts[0], texts.at(-1)]
    expect(await post(small, persistedQuery(sha256(last)))).toMatchObject({ data: { __typename: 'Query' } })
    expect(await post(small, persistedQuery(sha256(first)))).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' })
    expect(await post(small, { query: first, ...persistedQuery(sha256(first)) })).toMatchObject({ status: 200 })
    expect(await post(small, persistedQuery(sha256(first)))).toMatchObject({ data: { __typename: 'Query' } })
  })

  test('are off with PERSISTED_ONLY', async () => {
    const refused = { data: undefined, code: 'PERSISTED_QUERY_NOT_SUPPORTED' }
    expect(await post(only, unknown)).toMatchObject(refused)
    expect(await post(only, { query, ...unknown })).toMatchObject({ data: undefined, code: 'PERSISTED_ONLY' })
    expect(await post(only, unknown)).toMatchObject(refused)
  })
})

test('with PERSISTED_ONLY a document of the list is run, as a client sends it that was told not to send hashes', async () => {
  const query = manifest.get(me)
  expect(await post(only, { query })).toMatchObject({ status: 200, data: { me: { email: 'ada@example.com' } } })
})

test('with PERSISTED_ONLY a document is refused, with a hash too', async () => {
  const query = '{ __typename }'
  for (const body of [{ query }, { query, ...persistedQuery(me) }, {}]) {
    expect(await post(only, body)).toMatchObject({ status: 200, data: undefined, code: 'PERSISTED_ONLY' })
  }
  expect(await get(only, { query })).toMatchObject({ data: undefined, code: 'PERSISTED_ONLY' })
  expect(await post(app, { query })).toMatchObject({ status: 200, data: { __typename: 'Query' } })
  expect((await post(app, {})).code).toBe('BAD_REQUEST')
})
