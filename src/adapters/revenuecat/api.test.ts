import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import type { Fault } from '../../testing/fake-server.ts'
import { type FakeRevenueCat, startRevenueCat } from '../../testing/revenuecat.ts'
import { createRevenueCat, type RevenueCatOptions } from './client.ts'

const now = new Date('2026-11-21T09:00:00Z')
let revenueCat: FakeRevenueCat
let pauses: number[]
beforeEach(async () => {
  revenueCat = await startRevenueCat(() => now)
  pauses = []
})
afterEach(() => revenueCat[Symbol.asyncDispose]())

const retryClock = {
  clock: () => now,
  wait: async (ms: number) => {
    pauses.push(ms)
  },
}

const read = (options: Partial<RevenueCatOptions> = {}) =>
  createRevenueCat({ ...revenueCat.config, retryClock, ...options }).readCustomer('someone')

/** Makes the first attempts fail with these faults. */
function failFirstWith(...faults: readonly Fault[]) {
  const remaining = [...faults]
  revenueCat.onRequest = () => remaining.shift() ?? null
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderUnavailable> {
  const failure = await promise.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ProviderUnavailable)
  return failure as ProviderUnavailable
}

describe('retries after a temporary fault', () => {
  test.each<[string, Fault, number]>([
    ['an internal error', { status: 500 }, 250],
    ['a bad gateway', { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' }, 250],
    ["a proxy's page with 200", { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Soon</h1>' }, 250],
    ['a lock', { status: 423 }, 250],
    ['too many requests', { status: 429 }, 250],
    ['too many requests, with Retry-After in seconds', { status: 429, headers: { 'retry-after': '2' } }, 2_000],
    ['Retry-After as a date', { status: 503, headers: { 'retry-after': 'Sat, 21 Nov 2026 09:00:01 GMT' } }, 1_000],
    ['Retry-After as a past date', { status: 503, headers: { 'retry-after': 'Sat, 21 Nov 2026 08:00:00 GMT' } }, 0],
    ['backoff_ms in the body', { status: 429, body: '{"type":"rate_limit_error","backoff_ms":700}' }, 700],
    ['an invalid Retry-After', { status: 429, headers: { 'retry-after': 'soon' }, body: '{"backoff_ms":"soon"}' }, 250],
  ])('%s', async (_what, fault, pause) => {
    failFirstWith(fault)
    expect(await read()).toMatchObject({ requestedAt: now })
    expect(pauses).toEqual([pause])
    expect(revenueCat.requests).toHaveLength(2)
  })

  test('an unreachable server', async () => {
    await revenueCat.stop()
    const wait = (ms: number) => {
      pauses.push(ms)
      return revenueCat.start()
    }
    expect(await read({ retryClock: { ...retryClock, wait } })).toMatchObject({ requestedAt: now })
    expect(pauses).toEqual([250])
  })
})

describe('throws ProviderUnavailable with the time of the next attempt', () => {
  test('after three attempts', async () => {
    revenueCat.fault = { status: 500 }
    const failure = await failureOf(read())
    expect([failure.message, failure.retryAt, String(failure.cause)]).toEqual([
      'RevenueCat is temporarily unavailable. Try again shortly.',
      null,
      'Error: it answered 500',
    ])
    expect(pauses).toEqual([250, 500])
    expect(revenueCat.requests).toHaveLength(3)
  })

  test('at once if Retry-After is longer than a user waits', async () => {
    revenueCat.fault = { status: 429, headers: { 'retry-after': '47' } }
    const { retryAt } = await failureOf(read())
    expect(retryAt).toEqual(new Date('2026-11-21T09:00:47Z'))
    expect(revenueCat.requests).toHaveLength(1)
  })

  test('after three timeouts', async () => {
    const release = revenueCat.pause()
    try {
      await failureOf(read({ timeoutMs: 30 }))
      expect(pauses).toEqual([250, 500])
    } finally {
      release()
    }
  })

  test('if the server is unreachable', async () => {
    await revenueCat.stop()
    await failureOf(read())
    expect(pauses).toEqual([250, 500])
  })
})

describe('throws RevenueCatRefused without a retry', () => {
  test('for a wrong key, without showing the key', async () => {
    const failure = await read({ apiKey: 'sk_of_another' }).catch((error: unknown) => error)
    expect(failure).not.toBeInstanceOf(ProviderUnavailable)
    expect(String(failure)).toBe(
      'RevenueCatRefused: RevenueCat refused to show a customer: 401, Invalid API key. Check REVENUECAT_API_KEY and REVENUECAT_API_KEY_V2.',
    )
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('sk_of_another')
    expect(revenueCat.requests).toHaveLength(1)
  })

  test('without a reason', async () => {
    revenueCat.fault = { status: 400, body: '[]' }
    await expect(read()).rejects.toThrow('RevenueCat refused to show a customer: 400, no reason.')
    expect(pauses).toEqual([])
  })

  test('does not follow redirects', async () => {
    const elsewhere = { status: 302, headers: { location: '/v1/subscribers/another' } }
    revenueCat.onRequest = (request) => (request.endsWith('/someone') ? elsewhere : null)
    await failureOf(read())
    expect(new Set(revenueCat.requests)).toEqual(new Set(['GET /v1/subscribers/someone']))
  })
})
