import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { signDelivery } from '../../testing/clerk-webhooks.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { connectRaw } from '../../testing/raw-connection.ts'
import { createHealth } from '../health/health.ts'
import { serveMetrics } from '../health/metrics-server.ts'

const mib = 1024 * 1024
const short = { headSeconds: 0.2, requestSeconds: 0.4 }

let app: TestApp
let shortLimits: TestApp
beforeAll(async () => {
  app = await startTestApp()
  shortLimits = await startTestApp({ databaseUrl: app.databaseUrl, config: { limits: { ...defaultLimits, ...short } } })
})
afterAll(async () => {
  await shortLimits[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const head = (path: string, ...headers: string[]) =>
  `${[`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Content-Type: application/json', ...headers].join('\r\n')}\r\n\r\n`

/** Headers of which nothing is wrong before the body is read. */
const signed = Object.entries(signDelivery({ body: '' })).map(([name, value]) => `${name}: ${value}`)

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))

describe('a client that sends slowly is disconnected in time', () => {
  /** Sends a byte every 50 ms, so that an idle timeout would not apply. */
  async function drip(url: string, text: string, drop: string): Promise<string> {
    const { socket, received, closed } = connectRaw(url, text)
    const timer = drop ? setInterval(() => socket.write(drop), 50) : undefined
    await closed.finally(() => clearInterval(timer))
    return received()
  }

  test.concurrent.each([
    ['sends nothing', '', ''],
    ['sends half a head', 'POST /graphql HTTP/1.1\r\nHost: 127', ''],
    ['drips a head', 'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ', 'a'],
    ['drips a body', head('/graphql', 'Content-Length: 1000'), ' '],
    ["drips a webhook's body", head('/webhooks/clerk', ...signed, 'Content-Length: 1000'), ' '],
    ['drips chunks', head('/graphql', 'Transfer-Encoding: chunked'), '1\r\n \r\n'],
  ])('that %s', async (_about, text, drop) => {
    const began = performance.now()
    expect(statusesIn(await drip(shortLimits.url, text, drop))).toEqual([408])
    // Node's default interval for this check is 30 s.
    expect(performance.now() - began).toBeLessThan(4_000)
  })

  test('on the metrics port too', async () => {
    await using served = await serveMetrics(createHealth(), { host: '127.0.0.1', port: 0 }, short)
    const began = performance.now()
    expect(statusesIn(await drip(`http://127.0.0.1:${served.port}`, 'GET /metrics', ''))).toEqual([408])
    expect(performance.now() - began).toBeLessThan(4_000)
  })
})

describe('an unread body', () => {
  const endless = 'Content-Length: 99999999999'
  const chunk = 'x'.repeat(64 * 1024)

  /** Sends until it is disconnected, or has sent more than the server should accept. */
  async function pour(text: string, piece = chunk) {
    const { socket, received, closed } = connectRaw(app.url, text, { allowHalfOpen: true })
    while (!socket.destroyed && socket.bytesWritten < 64 * mib) {
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed])
    }
    socket.destroy()
    await closed
    return { answer: received(), sent: socket.bytesWritten }
  }

  test.concurrent.each<[number, string, string?]>([
    [413, head('/graphql', endless)],
    [413, head('/graphql', 'Transfer-Encoding: chunked'), `10000\r\n${chunk}\r\n`],
    [413, head('/webhooks/clerk', endless)],
    [415, head('/graphql', endless, 'Content-Encoding: gzip')],
    [404, head('/nothing', endless)],
    [405, head('/health/live', endless)],
    [405, head('/cron/tick', endless).replace('POST', 'PUT')],
    [302, head('/', endless)],
    [200, head('/graphql?query={__typename}', endless).replace('POST', 'GET')],
    [400, head('/graphql', endless).replace('127.0.0.1', 'evil.example')],
  ])('is not read to its end: %i', async (status, text, piece) => {
    const { answer, sent } = await pour(text, piece)
    expect(statusesIn(answer)).toEqual([status])
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
    expect(sent).toBeLessThan(20 * mib) // 4 MiB, and the socket buffers of both sides: 8.5 MiB measured
  })

  test('is drained up to a limit, so that a client that sends all of it first can read the refusal', async () => {
    for (const path of ['/graphql', '/nothing', '/webhooks/clerk']) {
      const { socket, received, closed } = connectRaw(app.url)
      socket.pause()
      socket.write(head(path, `Content-Length: ${3 * mib}`))
      for (let n = 0; n < 48; n += 1) {
        if (!socket.write(chunk)) await once(socket, 'drain')
        await setImmediate() // the server is in this process
      }
      socket.resume()
      await closed
      expect(statusesIn(received())).toEqual([path === '/nothing' ? 404 : 413])
      expect(received()).toContain('"errors"')
    }
  })

  test('closes its connection once it is received, and a pipelined request is not processed', async () => {
    const began = performance.now()
    const delivery = `${head('/webhooks/clerk', 'Content-Length: 2')}{}`
    const { received, closed } = connectRaw(app.url, `${head('/nothing', 'Content-Length: 5')}abcde${delivery}`)
    await closed
    expect(statusesIn(received())).toEqual([404])
    expect(performance.now() - began).toBeLessThan(1_000)
    await fetch(`${app.url}/webhooks/clerk`, { method: 'POST', body: '{}' })
    const { text } = await app.app.metrics.expose()
    expect(samplesIn(text, 'webhook_events_total')).toMatchObject({
      '{source="clerk",type="other",outcome="refused"}': 1,
    })
  })

  test('a body that was read does not close the connection', async () => {
    const body = '{"query":"{__typename}"}'
    const requestText = `${head('/graphql', `Content-Length: ${body.length}`)}${body}`
    const { socket, received } = connectRaw(app.url, requestText)
    await expect.poll(() => statusesIn(received())).toEqual([200])
    socket.write(requestText)
    await expect.poll(() => statusesIn(received())).toEqual([200, 200])
    socket.destroy()
  })
})

describe('a client that sends Expect: 100-continue', () => {
  const expecting = (path: string, length: number, ...headers: string[]) =>
    head(path, `Content-Length: ${length}`, 'Expect: 100-continue', ...headers)

  test.each([
    [413, expecting('/graphql', 99_000_000)],
    [413, expecting('/webhooks/clerk', 99_000_000)],
    [404, expecting('/nothing', 10)],
    [415, expecting('/graphql', 10, 'Content-Encoding: gzip')],
  ])('gets no 100 Continue if it is refused: %i', async (status, text) => {
    const { received, closed } = connectRaw(app.url, text)
    await closed
    expect(statusesIn(received())).toEqual([status])
  })

  test('gets 100 Continue if its body will be read', async () => {
    const body = '{"query":"{__typename}"}'
    const { socket, received } = connectRaw(app.url, expecting('/graphql', body.length, 'Connection: close'))
    await expect.poll(received).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write(body)
    await expect.poll(received).toContain('{"data":{"__typename":"Query"}}')
  })

  test('gets no 100 Continue over HTTP/1.0, which does not define it', async () => {
    const body = '{"query":"{__typename}"}'
    const text = expecting('/graphql', body.length).replace('HTTP/1.1', 'HTTP/1.0') + body
    const { received, closed } = connectRaw(app.url, text)
    await closed
    expect(received()).toContain('{"data":{"__typename":"Query"}}')
    expect(received()).not.toContain('Continue')
  })
})

test.each([
  [417, 'EXPECTATION_FAILED', head('/graphql', 'Expect: 200-ok', 'Content-Length: 0')],
  [501, 'NOT_IMPLEMENTED', `${head('/graphql', 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`],
])(
  'unsupported expectations and transfer codings are refused with our errors and headers: %i',
  async (status, code, text) => {
    const { socket, received } = connectRaw(app.url, text)
    await expect.poll(received).toContain(`"code":"${code}"`)
    expect(statusesIn(received())).toEqual([status])
    expect(received()).toContain('X-Content-Type-Options: nosniff')
    expect(received()).toContain('x-request-id: ')
    socket.destroy()
  },
)
