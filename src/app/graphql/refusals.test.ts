import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { mode: 'production' } })
})
afterAll(() => app[Symbol.asyncDispose]())

interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  readonly errors: unknown
}

async function ask(init: RequestInit, search = ''): Promise<Refusal> {
  const response = await fetch(`${app.url}/graphql${search}`, init)
  const text = await response.text()
  const { status, headers } = response
  return { status, headers, text, errors: text && JSON.parse(text).errors }
}

const json = { 'content-type': 'application/json' }
const isBytes = (body: object): body is Uint8Array<ArrayBuffer> => body instanceof Uint8Array

const post = (body: string | Uint8Array<ArrayBuffer> | object, headers: Record<string, string> = {}) =>
  ask({
    method: 'POST',
    headers: { ...json, ...headers },
    body: typeof body === 'string' || isBytes(body) ? body : JSON.stringify(body),
  })

describe('a body', () => {
  test.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['that breaks off', '{"query":"{ me { id } }","secret":"hunter2"', 'The request body is not valid JSON.'],
    ['that is empty', '', 'The request body is not valid JSON.'],
    ['with a byte order mark', '\ufeff{"query":"{ __typename }"}', 'The request body is not valid JSON.'],
    ['that is a number', '7', 'The request body is not a JSON object.'],
    ['that is null', 'null', 'The request body is not a JSON object.'],
    ['that is a list', '[{"query":"{ __typename }"}]', 'The request body is not a JSON object.'],
    [
      'with bytes that are no UTF-8',
      new Uint8Array(Buffer.from('{"query":"{ __typename }","operationName":"\xff"}', 'latin1')),
      'The request body is not valid UTF-8.',
    ],
  ])('%s is refused, and is not in the response', async (_about, body, message) => {
    const { status, errors, text } = await post(body, { accept: 'application/graphql-response+json' })
    expect({ status, errors }).toEqual({ status: 400, errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] })
    expect(text).not.toMatch(/originalError|hunter2/)
  })
})

describe('a token that is not accepted', () => {
  test.each(['Bearer none', 'Basic YTpi'])('%s', async (authorization) => {
    const { status, headers } = await post({ query: '{ __typename }' }, { authorization })
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
  })
})

describe('a method', () => {
  const notAllowed = [{ message: expect.any(String), extensions: { code: 'METHOD_NOT_ALLOWED' } }]

  test.each(['PUT', 'DELETE', 'PATCH'])('%s', async (method) => {
    const { status, headers, errors } = await ask({ method })
    expect([status, headers.get('allow'), errors]).toEqual([405, 'GET, POST', notAllowed])
  })

  test('GET, for a mutation or subscription', async () => {
    const mutation = '?query=mutation{cancelUpload(input:{uploadId:"x"}){__typename}}'
    for (const search of [mutation, '?query=subscription{creditBalanceChanged{creditBalance}}']) {
      const { status, headers, errors } = await ask({}, search)
      expect([status, headers.get('allow'), errors]).toEqual([405, 'POST', notAllowed])
    }
  })
})

test('a client that accepts no type of ours is refused before anything is run', async () => {
  const { status, errors } = await post(
    { query: 'mutation { updateProfile(input: {}) { __typename } }' },
    { accept: 'text/html' },
  )
  expect([status, errors]).toEqual([406, [{ message: expect.any(String), extensions: { code: 'NOT_ACCEPTABLE' } }]])
  expect(await ask({ headers: { accept: 'text/html' } }, '?query={__typename}')).toMatchObject({ status: 406 })
  expect(await ask({ headers: { accept: 'text/html,*/*;q=0.8' } }, '?query={__typename}')).toMatchObject({
    status: 200,
  })
})

test('unknown parameters of a body and of a URL are ignored; a URL has none of ours twice', async () => {
  const refused = { status: 400, errors: [{ extensions: { code: 'BAD_REQUEST' } }] }
  const unknown = { other: 1, id: 'abc', clientInfo: { name: 'app' }, constructor: null }
  const answer = await post({ query: '{ __typename }', ...unknown })
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { data: { __typename: 'Query' } }])
  expect((await post('{"query":"{ __typename }","__proto__":{"operationName":"x"}}')).status).toBe(200)
  expect(await ask({}, '?query={__typename}&_=1')).toMatchObject({ status: 200 })
  expect(await ask({}, '?query={__typename}&query={me{id}}')).toMatchObject(refused)
})

test.each(['constructor', '__proto__', 'toString'])('Accept: %s matches no type', async (accept) => {
  expect(await ask({ headers: { accept } }, '?query={__typename}')).toMatchObject({ status: 406 })
})
