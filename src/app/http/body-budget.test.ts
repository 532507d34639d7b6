import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { startTestApp, type TestApp, testPurchaseWebhook } from '../../testing/app.ts'
import { signDelivery } from '../../testing/clerk-webhooks.ts'
import { startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { connectRaw, type RawConnection } from '../../testing/raw-connection.ts'
import { signPurchaseDelivery } from '../../testing/revenuecat-events.ts'

const mib = 1024 ** 2
const graphqlBytes = 200 * 1024

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** A process of the same deployment, behind a proxy on loopback. */
async function startBehindProxy(limits: Partial<typeof defaultLimits>): Promise<TestApp> {
  const config = { limits: { ...defaultLimits, ...limits }, trustedProxies: ['loopback'] }
  const server = await startTestApp({ databaseUrl: app.databaseUrl, config })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

interface Sent {
  readonly path: string
  readonly from: string
  readonly length: number
  readonly headers?: Readonly<Record<string, string>>
}

const headOf = ({ path, from, length, headers = {} }: Sent) =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `X-Forwarded-For: ${from}`,
    `Content-Length: ${length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n')

/** Sends a request without the last byte of its body, as far as the server reads it. */
async function sendUnfinished(url: string, sent: Sent): Promise<RawConnection> {
  const connection = connectRaw(url, headOf(sent))
  onTestFinished(() => void connection.socket.destroy())
  const { socket, closed } = connection
  const piece = Buffer.alloc(64 * 1024, ' ')
  for (let left = sent.length - 1; left > 0 && !socket.destroyed; left -= piece.length) {
    if (!socket.write(piece.subarray(0, left))) {
      await Promise.race([once(socket, 'drain').catch(() => undefined), closed])
    }
  }
  return connection
}

const statusOf = ({ received }: RawConnection) => /^HTTP\/1\.1 (\d+)/.exec(received())?.[1] ?? 'none'
/** A delivery whose headers show nothing wrong; its signature is not checked before its body is complete. */
const forged = () => signDelivery({ body: 'another body' })

describe('bodies that are not complete', () => {
  test('share one budget: beyond it, webhooks and GraphQL get 503 with Retry-After, and space is free again', async () => {
    const server = await startBehindProxy({ bodyBytes: 5 * mib })
    const send = (n: number, path = '/webhooks/clerk', length = mib - 1) =>
      sendUnfinished(server.url, { path, from: `198.51.100.${n}`, length, headers: forged() })
    const open = await Promise.all([send(1), send(2), send(3), send(4)])
    const small = await send(11, '/graphql', graphqlBytes)
    await expect.poll(() => [...open, small].map(statusOf)).toEqual(['none', 'none', 'none', 'none', 'none'])

    // The server may read the fifth body before the end of another one: one of the five is refused.
    const five = [...open, await send(5)]
    await expect.poll(() => five.map(statusOf).sort()).toEqual(['503', 'none', 'none', 'none', 'none'])
    const refused = five.find((connection) => statusOf(connection) === '503')
    expect(refused?.received()).toContain('"code":"SERVER_BUSY"')
    expect(refused?.received()).toMatch(/retry-after: \d+/)
    const graphql = [await send(6, '/graphql', graphqlBytes), await send(7, '/graphql', graphqlBytes)]
    const more = [...graphql, ...(await Promise.all([8, 9, 10].map((n) => send(n, '/graphql', graphqlBytes))))]
    await expect.poll(() => more.map(statusOf)).toContain('503')
    expect(more.map(statusOf)).not.toContain('200')

    for (const { socket, closed } of [...five, small, ...more]) {
      socket.destroy()
      await closed
    }
    const query = JSON.stringify({ query: '{ __typename }' }).padEnd(graphqlBytes)
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.20' }
    await expect
      .poll(async () => (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: query })).status)
      .toBe(200)
  })

  test('of one address use a quarter: other addresses are served', async () => {
    const server = await startBehindProxy({ bodyBytes: 8 * mib })
    const send = (from: string) =>
      sendUnfinished(server.url, { path: '/webhooks/clerk', from, length: mib, headers: forged() })
    const connections = await Promise.all(Array.from({ length: 12 }, () => send('198.51.100.1')))
    await expect.poll(() => connections.map(statusOf).filter((status) => status === '503').length).toBeGreaterThan(9)
    const other = await send('198.51.100.2')
    const body = JSON.stringify({ query: '{ __typename }' })
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.3' }
    expect((await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).status).toBe(200)
    expect(statusOf(other)).toBe('none')
  })

  test('that are sent in chunks of one byte count with the memory of the chunks', async () => {
    const server = await startBehindProxy({ bodyBytes: 4 * mib })
    const head = headOf({ path: '/webhooks/clerk', from: '198.51.100.1', length: 0, headers: forged() })
    const { socket, received } = connectRaw(server.url, head.replace('Content-Length: 0', 'Transfer-Encoding: chunked'))
    onTestFinished(() => void socket.destroy())
    socket.write('1\r\nx\r\n'.repeat(10_000))
    await expect.poll(received, { timeout: 15_000 }).toContain('HTTP/1.1 503 ')
  })
})

describe('the headers of a delivery are checked before its body is read', () => {
  const now = () => Math.floor(Date.now() / 1_000)
  const purchase = (changes: Record<string, string>) => ({
    authorization: testPurchaseWebhook.authorization,
    'x-revenuecat-webhook-signature': signPurchaseDelivery(testPurchaseWebhook.secret, 'another body', app.now),
    ...changes,
  })

  test.each<[string, string, () => Record<string, string>, string]>([
    ['no Svix headers', '/webhooks/clerk', () => ({}), '400'],
    ['no signature', '/webhooks/clerk', () => ({ 'svix-id': 'a', 'svix-timestamp': `${now()}` }), '400'],
    ['an old timestamp', '/webhooks/clerk', () => ({ ...forged(), 'svix-timestamp': `${now() - 310}` }), '400'],
    [
      'a timestamp of the future',
      '/webhooks/clerk',
      () => ({ ...forged(), 'svix-timestamp': `${now() + 310}` }),
      '400',
    ],
    ['no Authorization', '/webhooks/revenuecat', () => purchase({ authorization: '' }), '401'],
    ['another Authorization', '/billing/notify', () => purchase({ authorization: 'Bearer x' }), '401'],
    ['no signature', '/webhooks/revenuecat', () => purchase({ 'x-revenuecat-webhook-signature': '' }), '401'],
  ])('%s, at %s', async (_about, path, headers, status) => {
    const { socket, received } = connectRaw(app.url, headOf({ path, from: '', length: mib, headers: headers() }))
    await expect.poll(received).toContain(`HTTP/1.1 ${status} `)
    socket.destroy()
  })

  test.each<[string, () => Record<string, string>]>([
    ['/webhooks/clerk', forged],
    ['/webhooks/revenuecat', () => purchase({})],
  ])('a body is read where nothing is wrong: %s', async (path, headers) => {
    const sent = { path, from: '', length: mib, headers: { ...headers(), Expect: '100-continue' } }
    const { socket, received } = connectRaw(app.url, headOf(sent))
    await expect.poll(received).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.destroy()
  })
})

test('open requests behind a trusted proxy are limited per client address', async () => {
  const server = await startBehindProxy({ connectionsPerAddress: 3 })
  const send = (from: string) => sendUnfinished(server.url, { path: '/graphql', from, length: 1_000 })
  const open = await Promise.all([1, 2, 3].map(() => send('198.51.100.1')))
  const fourth = await send('198.51.100.1')
  await expect.poll(() => statusOf(fourth)).toBe('429')
  const fetchFrom = async (address: string) => {
    const headers = { 'x-forwarded-for': address }
    return (await fetch(`${server.url}/graphql?query={__typename}`, { headers })).status
  }
  expect(await fetchFrom('198.51.100.2')).toBe(200)
  expect(open.map(statusOf)).toEqual(['none', 'none', 'none'])
  open[0]?.socket.destroy()
  await expect.poll(() => fetchFrom('198.51.100.1')).toBe(200)
})

/** Of the whole process, in MiB. */
async function residentMib(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}

test('250 connections that send 1 MiB each take the memory of the budget, and others are served', async () => {
  const { env } = await production(
    { dataDir: inject('dataDir'), bucket: inject('bucket') },
    { url: app.databaseUrl, ownerUrl: app.databaseUrl },
  )
  await using server = startProgram(['src/main.ts', 'api'], {
    ...env,
    AUTO_MIGRATE: 'false',
    TRUSTED_PROXIES: 'loopback',
  })
  const [, port] = await server.waitForOutput(/"port":(\d+).*"ready"/)
  const url = `http://127.0.0.1:${port}`
  const before = await residentMib(server.pid)
  const connections: RawConnection[] = []
  for (let n = 0; n < 250; n += 50) {
    const some = Array.from({ length: 50 }, (_, m) =>
      sendUnfinished(url, {
        path: '/webhooks/clerk',
        from: `10.${n / 50}.0.${m}`,
        length: mib,
        headers: forged(),
      }),
    )
    connections.push(...(await Promise.all(some)))
  }
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' }
  expect((await fetch(`${url}/graphql?query={__typename}`, { headers })).status).toBe(200)
  const growth = (await residentMib(server.pid)) - before
  const refused = connections.map(statusOf).filter((status) => status === '503').length
  expect(refused).toBeGreaterThan(150)
  expect(growth).toBeLessThan(150)
}, 120_000)
