import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Config } from '../../config/config.ts'
import { createLog } from '../../platform/observability/log.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { createAdapters } from '../adapters.ts'
import { createApp } from '../app.ts'
import { createHealth } from '../health/health.ts'
import { createRequestHandlers } from '../http/handlers.ts'
import { startHttpServer } from '../http/server.ts'

interface Line {
  readonly level: string
  readonly msg: string
  readonly requestId?: string
  readonly err?: { readonly message: string }
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly requestId: string | null
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

let app: TestApp
let loud: Awaited<ReturnType<typeof startLoud>>
beforeAll(async () => {
  app = await startTestApp()
  loud = await startLoud()
})
beforeEach(() => {
  loud.lines.length = 0
})
afterAll(async () => {
  await loud[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** The same server over the same database, with its log. The line that every request has is left out. */
async function startLoud(changes: Partial<Config> = {}) {
  const config = { ...app.app.config, ...changes }
  const lines: Line[] = []
  const write = (text: string) => {
    const line = JSON.parse(text) as Line
    if (line.msg !== 'request') lines.push(line)
  }
  const log = createLog({ level: 'info', pretty: false, destination: { write } })
  const stack = new AsyncDisposableStack()
  const parts = stack.use(createApp({ config, adapters: createAdapters(config), log, clock: () => new Date() }))
  const front = await startHttpServer({ ...config, log, health: createHealth() })
  stack.defer(() => front.close())
  const url = `http://127.0.0.1:${front.port}/graphql`
  const starting = await fetch(url)
  front.open(createRequestHandlers(parts, null))
  return { url, lines, starting, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const body: object = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, text, requestId: response.headers.get('x-request-id'), ...body }
}

async function post(body: string | Uint8Array<ArrayBuffer>, as?: string, url = loud.url): Promise<Answer> {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (as) headers.set('authorization', `Bearer ${await app.token(as)}`)
  return answerOf(await fetch(url, { method: 'POST', headers, body }))
}

const get = async (search: string) => answerOf(await fetch(loud.url + search))
const query = (text: string, more: object = {}) => JSON.stringify({ query: text, ...more })
const nested = (open: string, levels: number, close: string) => open.repeat(levels) + close.repeat(levels)

describe('an error of the client is sent to the client and is not logged', () => {
  const notOurs = (answer: Answer) => {
    expect(answer.status).toBeLessThan(500)
    expect(answer.errors?.[0]?.extensions.code).toMatch(/^(BAD_|GRAPHQL_|OPERATION_|METHOD_)/)
    expect(answer.text).not.toMatch(/node_modules|\.ts:|\\n +at /)
    expect(loud.lines).toEqual([])
  }

  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['an empty body', ''],
    ['broken JSON', '{"query":'],
    ['a number', '7'],
    ['null', 'null'],
    ['a batch', '[{"query":"{ __typename }"}]'],
    ['no query', '{}'],
    ['a query that is not a string', '{"query":7}'],
    ['variables that are text', query('{ __typename }', { variables: '%' })],
    ['variables that are a list', query('{ __typename }', { variables: [1] })],
    ['extensions that are not an object', query('{ __typename }', { extensions: 7 })],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ['a byte order mark', `\ufeff${query('{ __typename }')}`],
    ['an unknown operation name', query('query A { __typename }', { operationName: 'B' })],
    ['an operation name that is not a string', query('query A { __typename }', { operationName: { a: 1 } })],
    ['two operations and no name', query('query A { __typename } query B { __typename }')],
    ['a syntax error', query('{ me {')],
    ['NUL in the query', query('{ me\0 }')],
    ['half a character in the query', query('{ me \ud83c }')],
    ['an unknown field', query('{ nothing }')],
    ['a fragment that spreads itself', query('{ ...A } fragment A on Query { ...A }')],
    ['a missing variable', query('query ($id: ID!) { node(id: $id) { id } }')],
    ['a variable of another type', query('query ($id: ID!) { node(id: $id) { id } }', { variables: { id: [[{}]] } })],
    [
      'a variable nested 50,000 levels deep',
      `{"query":"query ($id: ID!) { node(id: $id) { id } }","variables":{"id":${nested('[', 50_000, ']')}}}`,
    ],
  ])('%s', async (_about, body) => {
    notOurs(await post(body))
  })

  test.each([
    ['fields 5,000 levels deep', `${'{a'.repeat(5_000)}`],
    ['fields 5,000 levels deep, closed', nested('{a', 5_000, '}')],
    ['fragments 1,000 levels deep', `{ ${nested('... on Query {', 1_000, '}')} }`],
    ['lists 5,000 levels deep', `{ node(id: ${nested('[', 5_000, ']')}) { id } }`],
    ['objects 5,000 levels deep', `{ node(id: ${nested('{a:', 5_000, '}')}) { id } }`],
    ['types 5,000 levels deep', `query ($a: ${'['.repeat(5_000)}Int${']'.repeat(5_000)}) { __typename }`],
  ])('%s', async (_about, text) => {
    const answer = await post(query(text))
    notOurs(answer)
    expect(answer.errors?.[0]?.message).toBe('Syntax Error: The document is nested more than 100 levels deep.')
  })

  test('100 levels are accepted, and brackets in strings are not counted', async () => {
    const deep = `{ ${'... on Query { '.repeat(99)}__typename${' }'.repeat(99)} }`
    expect(await post(query(deep))).toMatchObject({ data: { __typename: 'Query' } })
    const text = await post(
      query(`query ($a: String = "${'{['.repeat(200)}") { me { id } ... on Query @include(if: true) { __typename } }`),
    )
    expect(text.errors?.[0]?.message).toBe('Variable "$a" is never used.')
  })

  test.each([
    ['variables', '?query={__typename}&variables=%'],
    ['variables that are not an object', '?query={__typename}&variables=7'],
    ['variables that break off', '?query={__typename}&variables={'],
    ['extensions', '?query={__typename}&extensions=%ff'],
    ['nothing', ''],
    ['a mutation', '?query=mutation{cancelUpload(input:{uploadId:"x"}){__typename}}'],
  ])('in a URL: %s', async (_about, search) => {
    notOurs(await get(search))
  })

  test.each(['PUT', 'DELETE', 'PATCH', 'HEAD'])('%s', async (method) => {
    const answer = await answerOf(await fetch(loud.url, { method }))
    expect(answer.status).toBe(405)
    expect(loud.lines).toEqual([])
  })

  test('a body that breaks off', async () => {
    const socket = connect(Number(new URL(loud.url).port), '127.0.0.1')
    socket.write('POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n')
    socket.write('Content-Length: 100\r\nExpect: 100-continue\r\n\r\n')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1.1 100 Continue/)
    // Now the server waits for the body.
    socket.end('{"query":').resume()
    await once(socket, 'close')
    expect((await get('?query={__typename}')).status).toBe(200)
    expect(loud.lines).toEqual([])
  })
})

describe('a query by GET', () => {
  test('is run', async () => {
    expect(await get('?query={__typename me{id}}&variables=')).toMatchObject({
      status: 200,
      data: { __typename: 'Query', me: null },
    })
  })

  test('may have variables', async () => {
    const search = new URLSearchParams({
      query: 'query ($yes: Boolean!) { __typename me @include(if: $yes) { id } }',
      variables: JSON.stringify({ yes: false }),
    })
    expect(await get(`?${search}`)).toMatchObject({ status: 200, data: { __typename: 'Query' } })
  })
})

describe('an error of the server', () => {
  const masked = 'Internal server error. Try again. If the problem persists, contact support with the request ID.'

  /** A table is missing while `work` runs. */
  async function without<Result>(table: string, work: () => Promise<Result>): Promise<Result> {
    await app.owner.query(`ALTER TABLE ${table} RENAME TO mislaid`)
    try {
      return await work()
    } finally {
      await app.owner.query(`ALTER TABLE mislaid RENAME TO ${table}`)
    }
  }

  function expectMasked(answer: Answer): void {
    expect(answer.errors).toMatchObject([{ message: masked, extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
    expect(answer.text).not.toMatch(/activities_|users|select|relation|prisma|\/src\/|node_modules|stack/i)
    expect(loud.lines).toMatchObject([{ level: 'error', msg: 'a request failed', requestId: answer.requestId }])
    expect(loud.lines[0]?.err?.message).toMatch(/does not exist/)
  }

  test('in a field is masked, leaves the other fields, and is logged once with the request id', async () => {
    const email = 'field@example.com'
    await createUser(app, email)
    const answer = await without('activities', () =>
      post(query('{ __typename me { activities { totalCount edges { node { id } } } } }'), email),
    )
    expect(answer).toMatchObject({ status: 200, data: { __typename: 'Query', me: null } })
    expectMasked(answer)
  })

  test('before any field is executed is HTTP 500, masked and logged once', async () => {
    const answer = await without('users', () => post(query('{ me { id } }'), 'early@example.com'))
    expect(answer.status).toBe(500)
    expect(answer.data ?? null).toBeNull()
    expectMasked(answer)
  })

  test('that Clerk does not answer is logged with its cause, without a key', async () => {
    const clerk = { ...app.app.config.clerk, secretKey: 'sk_test_secret', apiUrl: 'http://127.0.0.1:1' }
    await using alone = await startLoud({ clerk })
    const answer = await post(query('{ me { id } }'), 'nobody@example.com', alone.url)
    expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: 'PROVIDER_UNAVAILABLE' } }] })
    expect(alone.lines).toMatchObject([
      { level: 'warn', requestId: answer.requestId, err: { message: expect.any(String) } },
    ])
    expect(JSON.stringify(alone.lines)).not.toContain('sk_test_secret')
  })
})

test('until its parts have started, the server answers STARTING', async () => {
  expect(loud.starting.status).toBe(503)
  expect(await loud.starting.json()).toMatchObject({ errors: [{ extensions: { code: 'STARTING' } }] })
})
