import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { defaultLimits } from '../../config/limits.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createActivities, createUser } from '../../testing/factories.ts'
import { openWallet } from '../../testing/wallet-steps.ts'

const email = 'ada@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { limits: { ...defaultLimits, stallSeconds: 1 } } })
})
afterAll(() => app[Symbol.asyncDispose]())

async function follow(as = email) {
  const disconnected = new AbortController()
  const stream = await openStream(app, await app.token(as), CreditBalanceChangedDocument, {}, disconnected.signal)
  return { first: (await stream.next()).value, leave: () => disconnected.abort() }
}

const tooMany = { errors: [{ extensions: { code: 'TOO_MANY_STREAMS' } }] }

test('a person may have ten open streams, and open another when one is closed', async () => {
  const streams = []
  for (let n = 0; n < 10; n += 1) streams.push(await follow())
  for (const { first } of streams)
    expect(first).toMatchObject({ data: { creditBalanceChanged: { creditBalance: 100 } } })
  await expect(follow()).rejects.toThrow(/429.*TOO_MANY_STREAMS/s)
  const other = await follow('bob@example.com')
  expect(other.first).not.toMatchObject(tooMany)

  streams[0]?.leave()
  await expect
    .poll(
      () =>
        follow().then(
          ({ first }) => first,
          () => null,
        ),
      { timeout: 3_000 },
    )
    .toMatchObject({
      data: { creditBalanceChanged: { creditBalance: 100 } },
    })
  for (const { leave } of [...streams, other]) leave()
})

test('a person with too many streams receives Retry-After', async () => {
  const streams = []
  for (let n = 0; n < 10; n += 1) streams.push(await follow('eve@example.com'))
  const answer = await app.run('eve@example.com', CreditBalanceChangedDocument)
  expect(answer).toMatchObject({ status: 429, ...tooMany })
  expect(answer.headers.get('retry-after')).toBe('5')
  for (const { leave } of streams) leave()
})

test('each event costs as much as the operation, and a stream ends when the limit is used up', async () => {
  const limits = { ...defaultLimits, costPerUser: { points: 3, seconds: 60 } }
  await using poor = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits } })
  const wallet = await openWallet(poor, 'carol@example.com')
  const disconnected = new AbortController()
  const token = await poor.token('carol@example.com')
  const stream = await openStream(poor, token, CreditBalanceChangedDocument, {}, disconnected.signal)
  // The opening pays for the first event; the limit is three points a minute.
  const balances = []
  for (let n = 0; n < 3; n += 1) {
    balances.push((await stream.next()).value?.data?.creditBalanceChanged.creditBalance)
    await wallet.buy('2026-01-01', 1, `purchase ${n}`)
  }
  expect(balances).toEqual([0, 1, 2])
  expect((await stream.next()).value).toMatchObject({
    errors: [{ message: expect.stringContaining('3 cost points'), extensions: { code: 'RATE_LIMITED' } }],
  })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  disconnected.abort()
})

test('a stream is not opened by GET', async () => {
  const search = new URLSearchParams({ query: 'subscription { creditBalanceChanged { creditBalance } }' })
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${await app.token(email)}` }
  const response = await fetch(`${app.url}/graphql?${search}`, { headers })
  expect(response.status).toBe(405)
  expect(await response.text()).toContain('GET requests can run queries only')
})

test('connections beyond the limit are closed at once, and others stay open', async () => {
  const limits = { ...defaultLimits, connections: 2 }
  await using narrow = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits } })
  const open = () => connect(Number(new URL(narrow.url).port), '127.0.0.1')
  const sockets = [open(), open()]
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  const third = open().resume()
  await Promise.race([once(third, 'close'), once(third, 'error')])
  sockets[0]?.write('GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  const [answer] = sockets[0] ? await once(sockets[0], 'data') : []
  expect(String(answer)).toMatch(/^HTTP\/1.1 200/)
  for (const socket of sockets) socket.destroy()
})

test('a client that does not read its response is disconnected', { timeout: 20_000 }, async () => {
  const person = await createUser(app, 'slow@example.com')
  // More than the buffers of both sockets hold: 10 MB, measured.
  await createActivities(
    app,
    person,
    Array.from({ length: 100 }, () => ({ status: 'FAILED' as const, failure: 'x'.repeat(10_000) })),
  )
  const lists = Array.from({ length: 20 }, (_, n) => `a${n}: activities(first: 100) { edges { node { failure } } }`)
  const body = JSON.stringify({ query: `{ me { ${lists.join(' ')} } }` })
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
      `Authorization: Bearer ${await app.token('slow@example.com')}\r\n\r\n${body}`,
  )
  const before = await answered()
  await once(socket, 'readable')
  await expect.poll(answered, { timeout: 10_000 }).toBe(before + 1)

  let length = 0
  let end = ''
  socket.on('data', (chunk: Buffer) => {
    length += chunk.length
    end = chunk.subarray(-100).toString()
  })
  await Promise.race([once(socket, 'close'), once(socket, 'error')])
  expect(length).toBeGreaterThan(100_000)
  expect(end).not.toContain('}}')
})

/** How many GraphQL requests have ended. */
async function answered(): Promise<number> {
  const { text } = await app.app.metrics.expose()
  return Number(
    /^http_request_duration_seconds_count\{.*route="\/graphql".*status="200".*\} (\d+)$/m.exec(text)?.[1] ?? 0,
  )
}
