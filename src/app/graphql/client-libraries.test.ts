import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import type { DocumentNode } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as typed from '../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createActivity, createUser } from '../../testing/factories.ts'
import { readSentTexts, sha256 } from './operation-manifest.ts'

const email = 'ada@example.com'

let app: TestApp
let only: TestApp
beforeAll(async () => {
  app = await startTestApp()
  only = await startTestApp({ databaseUrl: app.databaseUrl, config: { persistedOnly: true } })
  await createActivity(app, await createUser(app, email), { hasUpload: true })
})
afterAll(async () => {
  await only[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

interface SentRequest {
  readonly query?: string
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash?: string } }
}

/** The fetch function of a client, with a token. It records what it sends. */
function recordingFetch(to: TestApp) {
  const sent: SentRequest[] = []
  const send: typeof fetch = async (input, init) => {
    const { searchParams } = new URL(String(input))
    const search = {
      query: searchParams.get('query'),
      extensions: JSON.parse(searchParams.get('extensions') ?? 'null'),
    }
    sent.push(typeof init?.body === 'string' ? JSON.parse(init.body) : search)
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${await to.token(email)}`)
    return fetch(input, { ...init, headers })
  }
  return { sent, send }
}

function apollo(to: TestApp, { isPersisted = true } = {}) {
  const { sent, send } = recordingFetch(to)
  const http = new HttpLink({ uri: `${to.url}/graphql`, fetch: send })
  const link = isPersisted
    ? ApolloLink.from([new PersistedQueryLink({ sha256: async (text) => sha256(text) }), http])
    : http
  return { client: new ApolloClient({ link, cache: new InMemoryCache() }), sent }
}

function urql(to: TestApp, { isPersisted = true, enforce = false } = {}) {
  const { sent, send } = recordingFetch(to)
  const persisted = persistedExchange({
    preferGetForPersistedQueries: false,
    enforcePersistedQueries: enforce,
    enableForMutation: true,
    generateHash: async (text) => sha256(text),
  })
  const client = new Client({
    url: `${to.url}/graphql`,
    fetch: send,
    preferGetMethod: false,
    exchanges: [cacheExchange, ...(isPersisted ? [persisted] : []), fetchExchange],
  })
  return { client, sent }
}

const unlisted = gql`
  query Unlisted($first: Int) {
    me {
      id
      activities(first: $first) {
        edges {
          node {
            id
            title
          }
        }
      }
    }
  }
`

describe('Apollo Client', () => {
  test('sends the text of an operation once, and its hash from then on', async () => {
    const { client, sent } = apollo(app)
    for (const first of [1, 2, 3]) {
      const { data } = await client.query({ query: unlisted, variables: { first }, fetchPolicy: 'network-only' })
      expect(data).toMatchObject({
        me: { __typename: 'User', activities: { edges: [{ node: { title: expect.any(String) } }] } },
      })
    }
    expect(sent.map(({ query }) => query !== undefined)).toEqual([false, true, false, false])
    const other = apollo(app)
    await other.client.query({ query: unlisted, variables: { first: 4 } })
    expect(other.sent).toHaveLength(1)
  })

  test('sends our operations by their hash alone, also where only those are run', async () => {
    for (const server of [app, only]) {
      const { client, sent } = apollo(server)
      const { data } = await client.query({ query: typed.MeDocument })
      expect(data?.me?.email).toBe(email)
      expect(sent.map(({ query }) => query)).toEqual([undefined])
    }
  })

  test('where only listed operations are run, sends texts once it was refused a hash, and our operations go on', async () => {
    const { client, sent } = apollo(only)
    await expect(client.query({ query: unlisted })).rejects.toThrow('runs only the operations on its list')
    const { data } = await client.query({ query: typed.MeDocument })
    expect(data?.me?.email).toBe(email)
    expect(sent).toHaveLength(3)
  })

  test('shows four mounted queries with four requests: no one replaces the objects of another', async () => {
    const { client, sent } = apollo(app, { isPersisted: false })
    const documents: DocumentNode[] = [
      typed.MeDocument,
      typed.UploadsDocument,
      typed.CreditsDocument,
      typed.MyPlanDocument,
    ]
    const complete = documents.map((query) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      client.watchQuery({ query, variables: {} }).subscribe(({ loading, data }) => {
        if (!loading && data !== undefined) resolve()
      })
      return promise
    })
    await Promise.all(complete)
    // Requests that the queries made of each other would come before this one.
    await client.query({ query: unlisted, fetchPolicy: 'no-cache' })
    await client.query({ query: unlisted, fetchPolicy: 'no-cache' })
    expect(sent).toHaveLength(4 + 2)
  })
})

describe('urql', () => {
  test('sends the text of an operation once, and its hash from then on', async () => {
    const { client, sent } = urql(app)
    const query = gql`
      query UnlistedOfUrql($first: Int) {
        me {
          id
          uploads(first: $first) {
            totalCount
          }
        }
      }
    `
    for (const first of [1, 2, 3]) {
      const { data } = await client.query(query, { first }).toPromise()
      expect(data).toMatchObject({ me: { __typename: 'User', uploads: { totalCount: 1 } } })
    }
    expect(sent.map((each) => each.query !== undefined)).toEqual([false, true, false, false])
  })

  test.each([
    ['by their hash alone', { enforce: true }],
    ['as texts', { isPersisted: false }],
  ])('sends our operations %s where only those are run', async (_about, options) => {
    const { client, sent } = urql(only, options)
    const { data, error } = await client.query(typed.MeDocument, {}).toPromise()
    expect(error).toBeUndefined()
    expect(data?.me?.email).toBe(email)
    const input = { timeZone: 'Europe/Berlin' }
    const { data: updated } = await client.mutation(typed.UpdateProfileDocument, { input }).toPromise()
    expect(updated?.updateProfile).toMatchObject({ user: { timeZone: 'Europe/Berlin' } })
    expect(sent).toHaveLength(2)
  })
})

/** What the clients send of each of our operations; the response does not matter. */
test('every operation of ours is on the list as Apollo and urql send it', async () => {
  const listed = readSentTexts()
  const documents = (Object.values(typed) as readonly DocumentNode[]).filter(({ definitions }) =>
    definitions.some((definition) => definition.kind === 'OperationDefinition'),
  )
  expect(documents.length).toBeGreaterThan(20)
  for (const document of documents) {
    const texts: string[] = []
    const send: typeof fetch = async (_input, init) => {
      texts.push(String(JSON.parse(String(init?.body)).query))
      return Response.json({ errors: [{ message: 'not answered' }] })
    }
    const client = new ApolloClient({ link: new HttpLink({ uri: app.url, fetch: send }), cache: new InMemoryCache() })
    const exchanges = [cacheExchange, fetchExchange]
    const other = new Client({ url: app.url, fetch: send, preferGetMethod: false, exchanges })
    const operation = document.definitions.find((definition) => definition.kind === 'OperationDefinition')
    if (operation?.operation === 'subscription') continue
    if (operation?.operation === 'mutation') {
      await client.mutate({ mutation: document }).catch(() => undefined)
      await other.mutation(document, {}).toPromise()
    } else {
      await client.query({ query: document }).catch(() => undefined)
      await other.query(document, {}).toPromise()
    }
    expect(texts).toHaveLength(2)
    for (const text of texts) expect(listed.get(sha256(text)), operation?.name?.value).toBe(text)
  }
})
