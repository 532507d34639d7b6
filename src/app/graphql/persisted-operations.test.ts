import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { readManifest } from './operation-manifest.ts'

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

  test('an unknown hash is refused', async () => {
    expect(await post(server(), persistedQuery('0'.repeat(64)))).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' })
  })
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
