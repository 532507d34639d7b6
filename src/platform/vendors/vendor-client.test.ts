import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeServer, type Fault, startFakeServer } from '../../testing/fake-server.ts'
import { ProviderUnavailable } from '../errors.ts'
import { createVendorClient, type VendorClientOptions, type VendorQuota, type VendorRequest } from './vendor-client.ts'

const now = new Date('2026-11-21T09:00:00Z')
let server: FakeServer
let pauses: number[]
let reports: (VendorRequest | VendorQuota)[]
beforeEach(async () => {
  server = await startFakeServer(async () => ({ status: 200, body: '{"found":1}' }), '{}')
  pauses = []
  reports = []
})
afterEach(() => server[Symbol.asyncDispose]())

const options: VendorClientOptions = {
  vendor: 'Acme',
  operation: 'find',
  apiKey: 'acme_key',
  timeoutMs: 60_000,
  policy: { maxAttempts: 3, firstDelayMs: 500, maxDelayMs: 8_000, maxRetryAfterMs: 10_000 },
  vendorClock: {
    clock: () => now,
    wait: async (ms) => {
      pauses.push(ms)
    },
  },
  onRequest: (report) => reports.push(report),
  onQuota: (report) => reports.push(report),
}

interface Sent {
  readonly changes?: Partial<VendorClientOptions>
  readonly signal?: AbortSignal
  readonly maxBytes?: number
  readonly beforeAttempt?: () => Promise<void>
}

function send({ changes = {}, signal = new AbortController().signal, maxBytes = 100, beforeAttempt }: Sent = {}) {
  const client = createVendorClient({ ...options, ...changes })
  return client.send(`${server.url}/things`, { signal, beforeAttempt }, (response) => response.readJson(maxBytes))
}

const failureOf = (sent: Sent = {}) =>
  send(sent).then(
    () => null,
    (error: unknown) => error,
  )

/** Makes the first attempts fail with these faults. */
function failFirstWith(...faults: readonly Fault[]) {
  const remaining = [...faults]
  server.onRequest = () => remaining.shift() ?? null
}

const outcomes = () => reports.flatMap((report) => ('outcome' in report ? [report.outcome] : []))

describe('retries after a temporary fault', () => {
  test.each<[string, Fault, VendorRequest['outcome'], number]>([
    ['an internal error', { status: 500 }, 'failed', 500],
    ['too many requests', { status: 429 }, 'rate_limited', 500],
    ['Retry-After', { status: 429, headers: { 'retry-after': '7' } }, 'rate_limited', 7_000],
    ["a proxy's page with 200", { status: 200, body: '<h1>Soon</h1>' }, 'failed', 500],
    ['a connection that is cut', { status: 200, body: '{"found":1}', isCut: true }, 'failed', 500],
    ['a redirect', { status: 302, headers: { location: '/other' } }, 'failed', 500],
  ])('%s', async (_what, fault, outcome, pause) => {
    failFirstWith(fault)
    expect(await send()).toBe('{"found":1}')
    expect(pauses).toEqual([pause])
    expect(server.requests).toEqual(['GET /things', 'GET /things'])
    expect(outcomes()).toEqual([outcome, 'ok'])
  })

  test('up to the number of attempts', async () => {
    server.fault = { status: 503 }
    const failure = await failureOf()
    expect(failure).toBeInstanceOf(ProviderUnavailable)
    expect(failure).toMatchObject({ cause: new Error('it answered 503'), retryAt: null })
    expect(pauses).toEqual([500, 1_000])
  })

  test('not if Retry-After is longer than the policy allows', async () => {
    server.fault = { status: 429, headers: { 'retry-after': '120' } }
    expect(await failureOf()).toMatchObject({ retryAt: new Date('2026-11-21T09:02:00Z') })
    expect(server.requests).toHaveLength(1)
  })

  test('at the time that the vendor states elsewhere', async () => {
    failFirstWith({ status: 429, body: '{"seconds":3}' })
    const retryAtOf: VendorClientOptions['retryAtOf'] = ({ body }, at) =>
      new Date(at.getTime() + (body as { seconds: number }).seconds * 1_000)
    await send({ changes: { retryAtOf } })
    expect(pauses).toEqual([3_000])
  })

  test('an attempt without a response in time', async () => {
    const release = server.pause()
    try {
      const failure = await failureOf({ changes: { timeoutMs: 30 } })
      expect(failure).toMatchObject({ cause: new Error('it did not answer within 30 ms') })
      expect(failure).toBeInstanceOf(ProviderUnavailable)
      expect(outcomes()).toEqual(['timeout', 'timeout', 'timeout'])
    } finally {
      release()
    }
  })

  test('an unreachable server', async () => {
    await server.stop()
    expect(await failureOf()).toBeInstanceOf(ProviderUnavailable)
    expect(outcomes()).toEqual(['failed', 'failed', 'failed'])
  })
})

describe('a refusal', () => {
  test.each<[Fault, number | null, string, string | null]>([
    [
      { status: 401, body: '{"error":{"message":"Invalid key\\n acme_key.","code":"invalid_key"}}' },
      401,
      'Acme refused a request: 401, Invalid key [key]. Check the key.',
      'invalid_key',
    ],
    [{ status: 400, body: '{"error":"Bad","code":400}' }, 400, 'Acme refused a request: 400, Bad.', null],
    [{ status: 404, body: 'no' }, 404, 'Acme refused a request: 404, no reason.', null],
    [{ status: 200, body: `"${'x'.repeat(100)}"` }, null, 'Acme sent more than 100 bytes.', null],
  ])('is not retried: %j', async (fault, status, message, code) => {
    server.fault = fault
    const adviceOn = (found: number) => (found === 401 ? 'Check the key.' : null)
    expect(await failureOf({ changes: { adviceOn } })).toMatchObject({ name: 'VendorRefused', status, message, code })
    expect(server.requests).toHaveLength(1)
    expect(outcomes()).toEqual(['refused'])
  })

  test('for a size that the head does not state', async () => {
    server.fault = { status: 200, headers: { 'transfer-encoding': 'chunked' }, body: `"${'x'.repeat(100)}"` }
    expect(await failureOf()).toMatchObject({ message: 'Acme sent more than 100 bytes.' })
  })
})

describe('an aborted signal', () => {
  test('ends a request with its reason, without a retry', async () => {
    const controller = new AbortController()
    const release = server.pause()
    const sent = failureOf({ signal: controller.signal })
    await expect.poll(() => server.requests.length, { interval: 5 }).toBe(1)
    controller.abort(new Error('cancelled'))
    expect(await sent).toEqual(new Error('cancelled'))
    expect(outcomes()).toEqual(['aborted'])
    release()
  })

  test('ends the wait for a retry', async () => {
    server.fault = { status: 500 }
    const controller = new AbortController()
    const { vendorClock: _, ...real } = options
    const client = createVendorClient({ ...real, onRequest: () => controller.abort(new Error('cancelled')) })
    const sent = client.send(server.url, { signal: controller.signal }, async () => null)
    await expect(sent).rejects.toThrow('cancelled')
  })
})

test('no request is sent where the call before it throws', async () => {
  const retryAt = new Date('2026-11-21T10:00:00Z')
  const beforeAttempt = async () => {
    throw new ProviderUnavailable('Acme', { retryAt })
  }
  expect(await failureOf({ beforeAttempt })).toMatchObject({ retryAt })
  expect(server.requests).toEqual([])
})

test('reports the limits that a response states, and the duration of a request', async () => {
  const quotasOf = (headers: Headers) => [{ kind: 'requests', remaining: Number(headers.get('x-left')) }]
  server.fault = { status: 200, headers: { 'x-left': '7' } }
  await send({ changes: { quotasOf } })
  expect(reports).toEqual([
    { vendor: 'Acme', kind: 'requests', remaining: 7 },
    { vendor: 'Acme', operation: 'find', outcome: 'ok', seconds: expect.any(Number) },
  ])
})
