import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ActivityUpdatedDocument } from '../../../operations/typed-operations.ts'
import { activityTopic } from '../../domains/activities/topic.ts'
import type { User } from '../../generated/prisma/client.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { createLog, silentLog } from '../../platform/observability/log.ts'
import { startTracing } from '../../platform/observability/start-tracing.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { startCollector } from '../../testing/collector.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createActivity, createUser } from '../../testing/factories.ts'
import { createAdapters } from '../adapters.ts'
import { createApp } from '../app.ts'
import { createHealth } from '../health/health.ts'
import { createRequestHandlers } from './handlers.ts'
import { startHttpServer } from './server.ts'

const email = 'jane@example.com'

let app: TestApp
let user: User
let logged: Awaited<ReturnType<typeof startLogged>>
beforeAll(async () => {
  app = await startTestApp()
  logged = await startLogged()
  user = await createUser(app, email)
})
beforeEach(() => {
  logged.lines.length = 0
})
afterAll(async () => {
  await logged[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

/** The same server over the same database, with a log that is kept in memory. */
async function startLogged() {
  const { config } = app.app
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } })
  const stack = new AsyncDisposableStack()
  const parts = stack.use(createApp({ config, adapters: createAdapters(config), log, clock: () => new Date() }))
  const health = createHealth()
  health.begin(parts)
  const httpServer = await startHttpServer({ ...config, log, health })
  stack.defer(() => httpServer.close())
  httpServer.open(createRequestHandlers(parts, null))
  const url = `http://127.0.0.1:${httpServer.port}`
  return { url, lines, parts, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function send(body: object, headers: Record<string, string> = {}, url = logged.url): Promise<Response> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'Page-7', ...headers },
    body: JSON.stringify(body),
  })
  await response.text()
  return response
}

/**
 * The lines, once there are this many: a line is written when the response is sent, possibly after the client has
 * received it.
 */
async function linesOnce(count: number): Promise<Record<string, unknown>[]> {
  await expect.poll(() => logged.lines.length).toBe(count)
  return logged.lines.map((line) => JSON.parse(line))
}

const line = {
  level: 'info',
  severity: 'INFO',
  time: expect.any(String),
  requestId: 'Page-7',
  status: 200,
  durationMs: expect.any(Number),
  msg: 'request',
}

describe('a request is one line', () => {
  test('with the user id and the operation name, without its text and variables', async () => {
    const query = 'query WhoAmI($yes: Boolean!) { me @include(if: $yes) { id } __typename }'
    const headers = { authorization: `Bearer ${await app.token(email)}` }
    await send({ query, variables: { yes: true } }, headers)
    expect(await linesOnce(1)).toEqual([{ ...line, userId: user.id, operation: 'WhoAmI' }])
  })

  test.each([
    ['{ __typename }', 'query'],
    ['mutation { __typename }', 'mutation'],
    [`query ${'a'.repeat(128)} { __typename }`, 'a'.repeat(100)],
    ['query sk_test_AbCdEfGh { __typename }', '[masked]'],
  ])('without a user: %s', async (query, operation) => {
    await send({ query })
    expect(await linesOnce(1)).toEqual([{ ...line, operation }])
  })

  test.each<[string, Record<string, string>, object]>([
    [
      'as Apollo sends them',
      { 'apollographql-client-name': 'ios', 'apollographql-client-version': '2.1 (7)' },
      { client: 'ios', clientVersion: '2.1 (7)' },
    ],
    [
      'as others send them',
      { 'x-client-name': 'web', 'x-client-version': '1.0.0+abc' },
      { client: 'web', clientVersion: '1.0.0+abc' },
    ],
    ['without a version', { 'x-client-name': 'web' }, { client: 'web' }],
    ['not where they are too long', { 'x-client-name': 'a'.repeat(61), 'x-client-version': '1' }, {}],
    ['not where they are not plain', { 'x-client-name': '{"a":1}' }, {}],
  ])('with the name and version of the client, %s', async (_about, headers, more) => {
    await send({ query: '{ __typename }' }, headers)
    expect(await linesOnce(1)).toEqual([{ ...line, operation: 'query', ...more }])
  })

  test('with the operation that is executed', async () => {
    await send({ query: 'query A { __typename } query B { __typename }', operationName: 'B' })
    expect(await linesOnce(1)).toEqual([{ ...line, operation: 'B' }])
  })

  test('with the error codes of the response, each once', async () => {
    await send({ query: '{ a: node(id: "a") { id } b: node(id: "b") { id } }' })
    expect(await linesOnce(1)).toEqual([{ ...line, operation: 'query', codes: ['UNAUTHENTICATED'] }])
  })

  test('of a request with an invalid token', async () => {
    await send({ query: 'query WhoAmI { me { id } }' }, { authorization: 'Bearer topsecret' })
    expect(await linesOnce(1)).toEqual([{ ...line, status: 401, operation: 'WhoAmI', codes: ['UNAUTHENTICATED'] }])
  })

  test.each([
    ['{ nothing }', { operation: 'query', codes: ['GRAPHQL_VALIDATION_FAILED'] }],
    ['{ nothing', { codes: ['GRAPHQL_PARSE_FAILED'] }],
    ['query A { __typename } query B { __typename }', { codes: ['OPERATION_RESOLUTION_FAILURE'] }],
  ])('of an operation that cannot be executed: %s', async (query, more) => {
    const { status } = await send({ query })
    expect(await linesOnce(1)).toEqual([{ ...line, status, ...more }])
  })

  test('of a request that is refused before GraphQL', async () => {
    await send({}, { 'content-type': 'text/plain' })
    await send({ query: ' '.repeat(256 * 1024) })
    expect(await linesOnce(2)).toEqual([
      { ...line, status: 415, codes: ['UNSUPPORTED_MEDIA_TYPE'] },
      { ...line, status: 413, codes: ['PAYLOAD_TOO_LARGE'] },
    ])
  })

  test('of a client that disconnects has no status', async () => {
    const socket = connect(Number(new URL(logged.url).port), '127.0.0.1')
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Request-Id: Page-7\r\n',
    )
    socket.write('Content-Length: 100\r\nExpect: 100-continue\r\n\r\n')
    await once(socket, 'data')
    socket.end('{"query":').resume()
    const { status: _, ...without } = line
    expect(await linesOnce(1)).toEqual([without])
  })
})

describe('a stream is one line, at its end', () => {
  const open = async () => {
    const activity = await createActivity(app, user)
    const variables = { activityId: toGlobalId('Activity', activity.id) }
    const stream = await openStream(
      { ...app, url: logged.url },
      await app.token(email),
      ActivityUpdatedDocument,
      variables,
    )
    await stream.next()
    expect(logged.lines).toEqual([])
    return {
      stream,
      activity,
      line: { ...line, requestId: expect.any(String), userId: user.id, operation: 'ActivityUpdated' },
    }
  }

  test('when the client disconnects', async () => {
    const { stream, line } = await open()
    await stream.return()
    expect(await linesOnce(1)).toEqual([{ ...line, streamEnd: 'disconnected' }])
  })

  test('when it fails: with the code, after a line with the cause', async () => {
    const { stream, activity, line } = await open()
    await app.owner.query('ALTER TABLE activities RENAME TO mislaid')
    try {
      logged.parts.notifications.publish([activityTopic(activity.id)])
      expect((await stream.next()).value).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })
      expect((await stream.next()).done).toBe(true)
    } finally {
      await app.owner.query('ALTER TABLE mislaid RENAME TO activities')
    }
    const [cause, request] = await linesOnce(2)
    expect(request).toEqual({ ...line, codes: ['INTERNAL_SERVER_ERROR'], streamEnd: 'error' })
    expect(cause).toMatchObject({ level: 'error', msg: 'a request failed', requestId: request?.requestId })
  })
})

test('health and preflights are not logged', async () => {
  await fetch(`${logged.url}/health/live`)
  await fetch(`${logged.url}/health/ready`)
  await fetch(`${logged.url}/graphql`, { method: 'OPTIONS' })
  await send({ query: '{ __typename }' })
  expect(await linesOnce(1)).toEqual([{ ...line, operation: 'query' }])
})

test('with tracing the line has the ids of the span of the request', async () => {
  await using collector = await startCollector()
  const options = { endpoint: collector.url, headers: '', serviceName: 'a', deployment: 'a', ratio: 1 }
  {
    await using _ = startTracing({ ...options, sampler: 'always_on' }, { version: '1', log: silentLog })
    await send({ query: '{ __typename }' })
    await linesOnce(1)
  }
  const root = collector.spans.find(({ name }) => name === 'POST /graphql')
  const ids = { trace_id: root?.traceId, span_id: root?.spanId }
  expect(await linesOnce(1)).toEqual([{ ...line, operation: 'query', ...ids }])
})

test('a later error of a connection that a request opened does not carry its request id', async () => {
  await using fresh = await startLogged()
  await send({ query: '{ me { id } }' }, { authorization: `Bearer ${await app.token(email)}` }, fresh.url)
  await expect.poll(() => fresh.lines.length).toBe(1)
  await app.app.db.pool.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`)
  await expect.poll(() => fresh.lines.length).toBeGreaterThan(1)
  const later = fresh.lines.slice(1).map((text) => JSON.parse(text))
  expect(later).toContainEqual(expect.objectContaining({ level: 'warn', msg: 'an idle database connection broke' }))
  for (const about of later) expect(about).not.toHaveProperty('requestId')
})
