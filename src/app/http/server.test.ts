import { once } from 'node:events'
import { connect } from 'node:net'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ActivityUpdatedDocument } from '../../../operations/typed-operations.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createActivity, createUser } from '../../testing/factories.ts'

const kib = 1_024

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterEach(async () => {
  expect((await fetch(`${app.url}/health/live`)).status, 'the server continues').toBe(200)
})
afterAll(() => app[Symbol.asyncDispose]())

interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends these bytes over a new connection and reads until the response is complete or the connection ends. */
async function sendRaw(text: string): Promise<RawAnswer> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
  socket.setEncoding('utf8')
  let answer = ''
  try {
    socket.write(text)
    for await (const chunk of socket) {
      answer += chunk
      if (/\r\n0\r\n\r\n$|\r\n\r\n\{.*\}$/s.test(answer)) break
    }
  } finally {
    socket.destroy()
  }
  const [head = '', body = ''] = answer.split(/\r\n\r\n(?:[0-9a-f]+\r\n)?/)
  return { status: Number(head.split(' ')[1]), head, body }
}

function post(body: string | Uint8Array | FormData | URLSearchParams, headers: Record<string, string> = {}) {
  return fetch(`${app.url}/graphql`, { method: 'POST', headers, body: body as BodyInit })
}

const json = { 'content-type': 'application/json' }

describe('the address', () => {
  test.each([
    ['a Host that is not allowed', 'GET /graphql HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['a Host that is not allowed, for health', 'GET /health/live HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['a Host with a user', 'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1@evil.example\r\n\r\n'],
    ['an allowed Host with a user', 'GET /graphql HTTP/1.1\r\nHost: evil.example@127.0.0.1\r\n\r\n'],
    ['an allowed Host with a path', 'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1/x?\r\n\r\n'],
    ['a Host that ends as an allowed one', 'GET /graphql HTTP/1.1\r\nHost: evil.127.0.0.1\r\n\r\n'],
    ['a junk Host', 'GET /graphql HTTP/1.1\r\nHost: a b<>\r\n\r\n'],
    ['a Host with an impossible port', 'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:99999\r\n\r\n'],
    ['an empty Host', 'GET /graphql HTTP/1.1\r\nHost: \r\n\r\n'],
    ['no Host', 'GET /graphql HTTP/1.1\r\n\r\n'],
    ['no Host, as in HTTP/1.0', 'GET /graphql HTTP/1.0\r\n\r\n'],
    ['an absolute URL', 'GET http://127.0.0.1/graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['another host in the path', 'GET //evil.example/graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['two Hosts', 'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n'],
    ['the same Host twice', 'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a path with ..', 'GET /x/../graphql?query={__typename} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a path with .. to another path', 'POST /webhooks/../cron/tick HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a path with encoded dots', 'GET /x/%2e%2E/graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a path with backslashes', 'GET /x\\..\\graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a path with .', 'GET /./health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['a fragment', 'GET /graphql#x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
  ])('is refused in JSON, without a stack: %s', async (_about, request) => {
    const { status, head, body } = await sendRaw(request)
    expect(status).toBe(400)
    expect(head).toContain('content-type: application/json')
    expect(body).toContain('"code":"BAD_REQUEST"')
    expect(body).not.toMatch(/node:|\.ts|at /)
  })

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:4000'])('is accepted with an allowed Host: %s', async (host) => {
    expect((await sendRaw(`GET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(200)
  })

  test.each(['/nothing', '/graphql/', '/graphql/x', '/health/live/', '/%00', '/a..b', '/favicon.ico'])(
    'without a handler is 404: %s',
    async (path) => {
      const { status, body } = await sendRaw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
      expect(status).toBe(404)
      expect(body).toContain('"code":"NOT_FOUND"')
    },
  )

  test('/ redirects to /graphql', async () => {
    const response = await fetch(app.url, { redirect: 'manual' })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('/graphql')
  })
})

describe('the body', () => {
  const query = (length: number) => {
    const [begin, end] = ['{"query":"{ __typename }"', '}']
    return begin + ' '.repeat(length - begin.length - end.length) + end
  }

  test('may have 256 KiB', async () => {
    const response = await post(query(256 * kib), json)
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
  })

  test('is refused with one byte more', async () => {
    const response = await post(query(256 * kib + 1), json)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] })
  })

  const head = 'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'

  test('is refused by its Content-Length, before it is sent', async () => {
    expect((await sendRaw(`${head}Content-Length: 999999999\r\n\r\n`)).status).toBe(413)
  })

  test('is refused at the limit, without a Content-Length and while it does not end', async () => {
    const chunk = `${(257 * kib).toString(16)}\r\n${'x'.repeat(257 * kib)}\r\n`
    expect((await sendRaw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).status).toBe(413)
  })

  test('is refused if it is compressed', async () => {
    expect((await post(query(100), { ...json, 'content-encoding': 'gzip' })).status).toBe(415)
  })

  test.each<[string, Record<string, string> | null, (mutation: string) => string | FormData | URLSearchParams]>([
    ['text/plain', { 'content-type': 'text/plain' }, (mutation) => JSON.stringify({ query: mutation })],
    ['application/graphql', { 'content-type': 'application/graphql' }, (mutation) => mutation],
    ['a form', null, (mutation) => new URLSearchParams({ query: mutation })],
    [
      'JSON behind another type',
      { 'content-type': 'text/plain; application/json' },
      (query) => JSON.stringify({ query }),
    ],
    ['a type in capitals that is none', { 'content-type': 'APPLICATION/JSONP' }, (query) => JSON.stringify({ query })],
    [
      'a multipart form',
      null,
      (mutation) => {
        const form = new FormData()
        form.set('operations', JSON.stringify({ query: mutation }))
        form.set('map', '{}')
        return form
      },
    ],
  ])('must be JSON: %s is refused and not executed', async (about, type, body) => {
    const email = `${about.replaceAll(/\W/g, '-')}@example.com`
    const activity = await createActivity(app, await createUser(app, email))
    const mutation = `mutation { deleteActivity(input: { activityId: "${toGlobalId('Activity', activity.id)}" }) { __typename } }`
    const response = await post(body(mutation), { ...type, authorization: `Bearer ${await app.token(email)}` })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }] })
    expect(await app.app.db.prisma.activity.count({ where: { id: activity.id } })).toBe(1)
  })

  test('without a type is refused', async () => {
    expect((await post(new TextEncoder().encode(query(100)))).status).toBe(415)
  })

  test('may have a charset', async () => {
    expect((await post(query(100), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
  })

  test('may end early: the server continues', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    socket.write(`${head}Content-Length: 100\r\n\r\n{"query"`, () => socket.destroy())
    await once(socket, 'close')
  })
})

describe("a request's id", () => {
  const idFor = async (headers: Record<string, string>) =>
    (await fetch(`${app.url}/graphql?query={__typename}`, { headers })).headers.get('x-request-id')

  test('is the x-request-id of the client', async () => {
    expect(await idFor({ 'x-request-id': 'Page-7_a' })).toBe('Page-7_a')
  })

  test.each([
    ['with spaces', 'a b'],
    ['with quotes', '"a"'],
    ['of another script', 'ä'],
    ['long', 'a'.repeat(101)],
    ['empty', ''],
  ])('is a new one if x-request-id is %s', async (_about, id) => {
    expect(await idFor({ 'x-request-id': id })).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('is a new one for each request without x-request-id, also on refusals', async () => {
    const ids = await Promise.all(
      ['/graphql', '/nothing', '/health/live'].map(async (path) =>
        (await fetch(app.url + path)).headers.get('x-request-id'),
      ),
    )
    expect(new Set(ids).size).toBe(3)
    expect(ids).not.toContain(null)
  })
})

describe('closing', () => {
  test('answers requests in flight, ends streams, and accepts no new connections', async () => {
    const closing = await startTestApp()
    const user = await createUser(closing, 'last@example.com')
    const token = await closing.token('last@example.com')
    const { id } = await createActivity(closing, user)
    const stream = await openStream(closing, token, ActivityUpdatedDocument, { activityId: toGlobalId('Activity', id) })
    expect((await stream.next()).value).toMatchObject({ data: { activityUpdated: { title: expect.any(String) } } })

    const blocker = new Client({ connectionString: closing.databaseUrl })
    await blocker.connect()
    await blocker.query('BEGIN; LOCK TABLE users')
    const inFlight = closing.query('last@example.com', '{ me { email } }')
    await expect.poll(() => waitingFor(blocker)).toBe(1)

    const closed = closing[Symbol.asyncDispose]()
    expect(await stream.next()).toEqual({ done: true, value: 'SERVER_STOPPING' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    await expect(fetch(closing.url)).rejects.toThrow()
    await blocker.query('COMMIT')
    await blocker.end()
    expect(await inFlight).toMatchObject({ status: 200, data: { me: { email: 'last@example.com' } } })

    // Clients keep their connections alive; if these were not closed, closing would take the full six seconds for
    // requests in flight.
    const began = performance.now()
    await closed
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  test('does not wait for a connection without a request', async () => {
    const closing = await startTestApp({ databaseUrl: app.databaseUrl })
    const socket = connect(Number(new URL(closing.url).port), '127.0.0.1')
    await once(socket, 'connect')
    await fetch(`${closing.url}/health/live`) // connections are accepted in order
    const began = performance.now()
    await Promise.all([closing[Symbol.asyncDispose](), once(socket, 'close')])
    expect(performance.now() - began).toBeLessThan(4_000)
  })
})

/** How many sessions wait for a lock in this database. */
async function waitingFor(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows[0]?.n ?? 0
}
