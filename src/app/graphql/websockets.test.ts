import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { print } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import type { Config } from '../../config/config.ts'
import { defaultLimits } from '../../config/limits.ts'
import { grant } from '../../domains/credits/index.ts'
import type { User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { connectRaw } from '../../testing/raw-connection.ts'

const slow = { timeout: 60_000 }
const soon = { timeout: 15_000 }
const front = 'https://front.example.com'

let app: TestApp
let people = 0
let email: string
let user: User
beforeAll(async () => {
  app = await startTestApp({ config: { corsOrigins: [front] } })
})
beforeEach(async () => {
  people += 1
  email = `person-${people}@example.com`
  user = await createUser(app, email)
})
afterAll(() => app[Symbol.asyncDispose]())

/** Another process of the deployment. */
async function start(config: Partial<Config> = {}): Promise<TestApp> {
  const started = await startTestApp({ databaseUrl: app.databaseUrl, config })
  onTestFinished(() => started[Symbol.asyncDispose]())
  return started
}

const addressOf = ({ url }: { readonly url: string }) => `${url.replace('http', 'ws')}/graphql`

interface Options {
  readonly on?: TestApp
  readonly expiresInSeconds?: number
  readonly retryAttempts?: number
  readonly as?: string | null
}

/** The client of graphql-ws, over the WebSocket of Node, which is that of browsers. */
function connect({ on = app, expiresInSeconds = 3_600, retryAttempts = 0, as = email }: Options = {}): Client {
  const client = createClient({
    url: addressOf(on),
    retryAttempts,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
    connectionParams: async () =>
      as === null ? {} : { authorization: `Bearer ${await on.token(as, { expiresInSeconds })}` },
  })
  onTestFinished(() => void client.dispose())
  return client
}

const subscription = print(CreditBalanceChangedDocument)

/** What a page has received of a subscription. */
function follow(client: Client, query = subscription) {
  const seen = { balances: [] as unknown[], events: [] as unknown[], errors: [] as unknown[], isComplete: false }
  const leave = client.subscribe<{ creditBalanceChanged: { creditBalance: number } }>(
    { query },
    {
      next(event) {
        seen.events.push(event)
        seen.balances.push(event.data?.creditBalanceChanged.creditBalance)
      },
      error: (error) => seen.errors.push(error),
      complete() {
        seen.isComplete = true
      },
    },
  )
  return Object.assign(seen, { leave })
}

const run = async (client: Client, query: string, variables = {}) => {
  const results = []
  for await (const result of client.iterate({ query, variables })) results.push(result)
  return results
}

const change = () =>
  app.app.db.transaction((tx) =>
    grant(tx, {
      userId: user.id,
      amount: 1,
      source: 'GIFTS',
      key: randomUUID(),
      description: 'A gift',
      now: new Date(),
    }),
  )

const endsOf = async (of: TestApp) => {
  const { text } = await of.app.metrics.expose()
  const counts = Object.entries(samplesIn(text, 'graphql_streams_ended_total')).filter(([, count]) => count > 0)
  return Object.fromEntries(counts.map(([labels, count]) => [/"(.*)"/.exec(labels)?.[1], count]))
}

const openSockets = async (of: TestApp) =>
  samplesIn((await of.app.metrics.expose()).text, 'graphql_websockets_open')['']

describe('the client of graphql-ws', () => {
  test('runs queries, mutations and subscriptions as over HTTP', slow, async () => {
    const client = connect()
    expect(await run(client, '{ me { email } }')).toMatchObject([{ data: { me: { email } } }])
    const rename = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }'
    const [renamed] = await run(client, rename, { input: { firstName: 'Ada' } })
    expect(renamed?.data).toMatchObject({ updateProfile: { __typename: expect.stringContaining('UpdateProfile') } })
    expect(await run(connect({ as: null }), '{ me { email } }')).toMatchObject([{ data: { me: null } }])
    const stream = follow(client)
    await expect.poll(() => stream.balances, soon).toEqual([0])
    await change()
    await expect.poll(() => stream.balances, soon).toEqual([0, 1])
    stream.leave()
    await expect.poll(async () => (await endsOf(app)).disconnected, soon).toBe(1)
  })

  test('receives an operation that is refused as an error', slow, async () => {
    const refused = (query: string, as: string | null = email) => run(connect({ as }), query).catch((error) => error)
    expect(await refused('{ nothing }')).toMatchObject([{ message: expect.stringContaining('nothing') }])
    expect(await refused('{')).toMatchObject([{ message: expect.stringContaining('Syntax Error') }])
    expect(await refused(subscription, null)).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    const client = connect()
    const streams = Array.from({ length: 10 }, () => follow(client))
    await expect.poll(() => streams.map(({ balances }) => balances), soon).toEqual(streams.map(() => [0]))
    const errors = await run(client, subscription).catch((error) => error)
    expect(errors).toMatchObject([{ extensions: { code: 'TOO_MANY_STREAMS' } }])
    expect(errors[0].extensions.http).toBeUndefined()
  })

  test('sees every change over three tokens and one restart of the server', slow, async () => {
    const serving = await startTestApp({ databaseUrl: app.databaseUrl })
    let connections = 0
    const client = createClient({
      url: addressOf(serving),
      retryAttempts: 1_000,
      // Without it, the client gives up where a connection is refused.
      shouldRetry: () => true,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
      connectionParams: async () => {
        connections += 1
        return { authorization: `Bearer ${await app.token(email, { expiresInSeconds: 4 })}` }
      },
    })
    const stream = follow(client)
    let balance = 0
    const changeAndSee = async () => {
      await change()
      balance += 1
      await expect.poll(() => [stream.balances.at(-1), ...stream.errors], { timeout: 20_000 }).toEqual([balance])
    }
    for (const token of [1, 2, 3]) {
      await expect.poll(() => connections, { timeout: 20_000 }).toBeGreaterThanOrEqual(token)
      await changeAndSee()
    }
    const { port } = new URL(serving.url)
    await serving[Symbol.asyncDispose]()
    await start({ port: Number(port) })
    await changeAndSee()
    await changeAndSee()
    expect(stream).toMatchObject({ errors: [], isComplete: false })
    await client.dispose()
  })

  test('is disconnected when its token expires, and its streams are counted so', slow, async () => {
    const serving = await start()
    const client = connect({ on: serving, expiresInSeconds: 4 })
    const stream = follow(client)
    const others = [follow(client), follow(client)]
    await expect
      .poll(() => stream.errors, { timeout: 20_000 })
      .toMatchObject([{ code: 4403, reason: 'The session token has expired.' }])
    expect(others.map(({ errors }) => errors)).toMatchObject([[{ code: 4403 }], [{ code: 4403 }]])
    await expect.poll(() => endsOf(serving), soon).toEqual({ token_expired: 3 })
    expect(await openSockets(serving)).toBe(0)
  })

  test('completes the streams of a user who is banned', slow, async () => {
    const serving = await start()
    const stream = follow(connect({ on: serving }))
    await expect.poll(() => stream.balances, soon).toEqual([0])
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { standing: 'BANNED' } })
    await expect.poll(() => stream.isComplete, { timeout: 10_000 }).toBe(true)
    expect(stream.events.at(-1)).toMatchObject({ errors: [{ extensions: { code: 'ACCOUNT_UNAVAILABLE' } }] })
    await expect.poll(() => endsOf(serving), soon).toEqual({ user_unavailable: 1 })
    const refused = follow(connect({ on: serving }))
    await expect.poll(() => refused.errors, soon).toMatchObject([{ code: 4403 }])
  })

  test('pays for each event', slow, async () => {
    const serving = await start({ limits: { ...defaultLimits, costPerUser: { points: 1, seconds: 60 } } })
    const stream = follow(connect({ on: serving }))
    await expect.poll(() => stream.balances, soon).toEqual([0])
    await change()
    await expect.poll(() => stream.isComplete, soon).toBe(true)
    expect(stream.events.at(-1)).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED' } }] })
  })

  test('receives the answer to a running query before the server stops', slow, async () => {
    const serving = await startTestApp({ databaseUrl: app.databaseUrl })
    const client = connect({ on: serving })
    const stream = follow(client)
    await expect.poll(() => stream.balances, soon).toEqual([0])
    const blocker = await app.owner.connect()
    await blocker.query('BEGIN; LOCK TABLE ledger_accounts')
    const running = run(client, '{ me { creditBalance } }')
    await expect
      .poll(
        async () => (await blocker.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).rowCount,
        soon,
      )
      .toBeGreaterThan(0)
    const stopped = serving[Symbol.asyncDispose]()
    await blocker.query('COMMIT')
    blocker.release()
    expect(await running).toMatchObject([{ data: { me: { creditBalance: 0 } } }])
    await stopped
    await expect.poll(() => stream.errors, soon).toMatchObject([{ code: 1001 }])
  })
})

describe('a WebSocket is closed', () => {
  const open = async (on = app, options = {}) => {
    const socket = new WebSocket(addressOf(on), 'graphql-transport-ws', options)
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    return socket
  }
  const codeOf = async (socket: WebSocket) => ((await once(socket, 'close')) as [number])[0]
  const init = async () =>
    JSON.stringify({
      type: 'connection_init',
      payload: { headers: { Authorization: `Bearer ${await app.token(email)}` } },
    })

  test('when its message is larger than 256 KiB', slow, async () => {
    const socket = await open()
    const closed = codeOf(socket)
    socket.send('x'.repeat(256 * 1024 + 1))
    expect(await closed).toBe(1009)
  })

  test('without connection_init in time', slow, async () => {
    const serving = await start({ limits: { ...defaultLimits, connectionInitSeconds: 1 } })
    expect(await codeOf(await open(serving))).toBe(4408)
  })

  test('that sends an operation before connection_init, or anything else', slow, async () => {
    const early = await open()
    const closed = codeOf(early)
    early.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ me { id } }' } }))
    expect(await closed).toBe(4401)
    const other = await open()
    const otherClosed = codeOf(other)
    other.send('anything')
    expect(await otherClosed).toBe(4400)
  })

  test('beyond ten of a user, and another may be opened when one is closed', slow, async () => {
    const connected = async () => {
      const socket = await open()
      const [answer] = await Promise.all([
        Promise.race([once(socket, 'message').then(([data]) => String(data)), codeOf(socket)]),
        init().then((text) => socket.send(text)),
      ])
      return { socket, answer }
    }
    const sockets = []
    for (let n = 0; n < 10; n += 1) sockets.push(await connected())
    expect(sockets.map(({ answer }) => answer)).toEqual(sockets.map(() => '{"type":"connection_ack"}'))
    expect((await connected()).answer).toBe(1013)
    sockets[0]?.socket.close()
    await expect.poll(async () => (await connected()).answer, soon).toBe('{"type":"connection_ack"}')
  })

  test('that sends more messages than an address may', slow, async () => {
    const serving = await start({ limits: { ...defaultLimits, requestsPerAddress: { points: 10, seconds: 60 } } })
    const socket = await open(serving)
    const closed = codeOf(socket)
    for (let n = 0; n < 20; n += 1) socket.send('{"type":"ping"}')
    expect(await closed).toBe(1013)
  })

  test('whose client does not answer pings', slow, async () => {
    const serving = await start({ limits: { ...defaultLimits, stallSeconds: 1 } })
    const alive = await open(serving)
    const silent = await open(serving, { autoPong: false })
    expect(await codeOf(silent)).toBe(1006)
    expect(alive.readyState).toBe(WebSocket.OPEN)
  })
})

describe('an upgrade', () => {
  const handshake = async (headers: Record<string, string | undefined> = {}, { path = '/graphql', on = app } = {}) => {
    const lines = Object.entries({
      Host: '127.0.0.1',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'graphql-transport-ws',
      ...headers,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
    const connection = connectRaw(on.url, `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    onTestFinished(() => void connection.socket.destroy())
    await expect.poll(connection.received, soon).toContain('\r\n\r\n')
    const [, status] = /^HTTP\/1\.1 (\d+)/.exec(connection.received()) ?? []
    const [, code] = /"code":"(\w+)"/.exec(connection.received()) ?? []
    if (status !== '101') await connection.closed
    return [Number(status), code, connection.received()] as const
  }

  test.each<[string, number, string | undefined, Record<string, string | undefined>, string?]>([
    ['without an Origin', 101, undefined, {}],
    ['of an allowed origin', 101, undefined, { Origin: front }],
    ['of the same origin', 101, undefined, { Origin: 'http://127.0.0.1' }],
    ['of a foreign origin', 403, 'ORIGIN_NOT_ALLOWED', { Origin: 'https://evil.example.com' }],
    ['of an opaque origin', 403, 'ORIGIN_NOT_ALLOWED', { Origin: 'null' }],
    ['without a subprotocol', 400, 'BAD_REQUEST', { 'Sec-WebSocket-Protocol': undefined }],
    ['with the older subprotocol', 400, 'BAD_REQUEST', { 'Sec-WebSocket-Protocol': 'graphql-ws' }],
    ['without a key', 400, undefined, { 'Sec-WebSocket-Key': undefined }],
    ['to another host', 400, 'BAD_REQUEST', { Host: 'elsewhere.example.com' }],
    ['on another path', 404, 'NOT_FOUND', {}, '/health'],
  ])('%s is answered with %i', async (_, status, code, headers, path) => {
    const [answered, shown, text] = await handshake(headers, path === undefined ? {} : { path })
    expect([answered, shown]).toEqual([status, code])
    if (code) expect(text.toLowerCase()).toContain('x-request-id')
  })

  test('to something else is an ordinary request', async () => {
    const [status] = await handshake({ Upgrade: 'h2c', Connection: 'Upgrade, close' }, { path: '/health/live' })
    expect(status).toBe(200)
  })

  test('beyond the WebSockets of an address is refused', slow, async () => {
    const serving = await start({ limits: { ...defaultLimits, webSocketsPerAddress: 2 } })
    expect((await handshake({}, { on: serving }))[0]).toBe(101)
    expect((await handshake({}, { on: serving }))[0]).toBe(101)
    expect((await handshake({}, { on: serving })).slice(0, 2)).toEqual([429, 'TOO_MANY_WEBSOCKETS'])
  })
})
