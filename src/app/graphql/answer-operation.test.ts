import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { createRequestHandlers } from '../http/handlers.ts'
import type { GraphqlServer } from './graphql-server.ts'

const email = 'ada@example.com'

let app: TestApp
let shell: GraphqlServer
beforeAll(async () => {
  app = await startTestApp()
  shell = createRequestHandlers(app.app, null).graphql
  await createUser(app, email)
})
afterAll(() => app[Symbol.asyncDispose]())

const json = 'application/json'
const response = 'application/graphql-response+json'
const urql = `${response}, application/graphql+json, ${json}, text/event-stream, multipart/mixed`

const bodies: readonly (readonly [string, string])[] = [
  ['an operation', JSON.stringify({ query: '{ __typename }' })],
  ['one with variables', JSON.stringify({ query: 'query ($i: ID!) { node(id: $i) { id } }', variables: { i: 'x' } })],
  ['a missing variable', JSON.stringify({ query: 'query ($i: ID!) { node(id: $i) { id } }' })],
  ['a field error below data', JSON.stringify({ query: '{ __typename node(id: "x") { id } }' })],
  ['another operation of two', JSON.stringify({ query: 'query A { a: __typename } query B { __typename }' })],
  ['no text that could be parsed', JSON.stringify({ query: '{' })],
  ['a field that is not there', JSON.stringify({ query: '{ nothing }' })],
  ['too many nestings', JSON.stringify({ query: '{ a '.repeat(200) })],
  ['variables that are none', JSON.stringify({ query: '{ __typename }', variables: 'x' })],
  ['no query', JSON.stringify({})],
  ['a query that is a number', JSON.stringify({ query: 1 })],
  ['an unknown hash', JSON.stringify({ documentId: 'sha256:none' })],
  ['a subscription that is nobody’s', JSON.stringify({ query: 'subscription { nothing }' })],
]

const accepts = [undefined, '*/*', json, response, `${json};q=0.1, ${response}`, urql, `${json};charset=utf-8`]

describe('the response without the fetch API equals the one with it', () => {
  test.each(bodies)('for %s', async (_, body) => {
    for (const accept of accepts) {
      for (const who of [email, null]) {
        const headers = {
          'content-type': json,
          ...(accept === undefined ? {} : { accept }),
          ...(who === null ? {} : { authorization: `Bearer ${await app.token(who)}` }),
        }
        // fetch itself sends */* where no header is given.
        const requester = { disconnected: new AbortController().signal, address: '192.0.2.1' }
        const url = `${app.url}/graphql`
        const ours = await fetch(url, { method: 'POST', headers, body })
        const theirs = await shell.fetch(url, { method: 'POST', headers, body }, requester)
        const label = `${accept} ${who}`
        expect([label, ours.status, ours.headers.get('content-type'), await ours.text()]).toEqual([
          label,
          theirs.status,
          theirs.headers.get('content-type'),
          await theirs.text(),
        ])
        expect(ours.headers.get('allow')).toBe(theirs.headers.get('allow'))
      }
    }
  })

  test('with a token that is refused', async () => {
    const headers = { 'content-type': json, authorization: 'Bearer none' }
    const answer = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: bodies[0]?.[1] ?? '' })
    expect([answer.status, await answer.json()]).toMatchObject([
      401,
      { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ])
  })
})

describe('a subscription', () => {
  const body = JSON.stringify({ query: 'subscription { creditBalanceChanged { creditBalance } }' })
  const open = async (accept: string, signal: AbortSignal, as: string | null = email) =>
    fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': json,
        accept,
        ...(as ? { authorization: `Bearer ${await app.token(as)}` } : {}),
      },
      body,
      signal,
    })

  test.each(['text/event-stream', '*/*', urql])(
    'is a stream of events for a client that accepts %s',
    async (accept) => {
      const disconnected = new AbortController()
      const stream = await open(accept, disconnected.signal)
      expect(stream.headers.get('content-type')).toBe('text/event-stream')
      let text = ''
      for await (const chunk of stream.body ?? []) {
        text += new TextDecoder().decode(chunk)
        if (text.includes('creditBalance')) break
      }
      expect(text).toMatch(
        /^:\n\n.*event: next\ndata: \{"data":\{"creditBalanceChanged":\{"creditBalance":\d+\}\}\}\n\n/s,
      )
      disconnected.abort()
    },
  )

  test('is refused to a client that does not accept events, and counts as no open stream', async () => {
    for (let n = 0; n < 12; n += 1) expect((await open(json, new AbortController().signal)).status).toBe(406)
  })

  test('that is refused sends the error as an event to a client that accepts nothing else', async () => {
    const refused = await open('text/event-stream', new AbortController().signal, null)
    expect(refused.headers.get('content-type')).toBe('text/event-stream')
    expect(await refused.text()).toMatch(/event: next\ndata: \{.*"UNAUTHENTICATED".*\}\n\nevent: complete\ndata:\n\n$/s)
  })
})
