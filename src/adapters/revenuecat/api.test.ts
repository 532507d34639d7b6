import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { type RevenueCatStandIn, startRevenueCat } from '../../testing/revenuecat.ts'
import type { Trouble } from '../../testing/stand-in.ts'
import { createRevenueCat, type RevenueCatOptions } from './client.ts'

const now = new Date('2026-11-21T09:00:00Z')
let revenueCat: RevenueCatStandIn
let pauses: number[]
beforeEach(async () => {
  revenueCat = await startRevenueCat(() => now)
  pauses = []
})
afterEach(() => revenueCat[Symbol.asyncDispose]())

const patience = {
  clock: () => now,
  wait: async (ms: number) => {
    pauses.push(ms)
  },
}

const read = (options: Partial<RevenueCatOptions> = {}) =>
  createRevenueCat({ ...revenueCat.config, patience, ...options }).readCustomer('someone')

/** The first tries meet these troubles. */
function troubles(...list: readonly Trouble[]) {
  const waiting = [...list]
  revenueCat.onRequest = () => waiting.shift() ?? null
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderUnavailable> {
  const failure = await promise.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ProviderUnavailable)
  return failure as ProviderUnavailable
}

describe('a trouble that passes is not seen', () => {
  test.each<[string, Trouble, number]>([
    ['an error of its own', { status: 500 }, 250],
    ['a bad gateway', { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' }, 250],
    ["a proxy's page with 200", { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Soon</h1>' }, 250],
    ['a lock', { status: 423 }, 250],
    ['too many requests', { status: 429 }, 250],
    ['too many requests, with seconds', { status: 429, headers: { 'retry-after': '2' } }, 2_000],
    ['a date', { status: 503, headers: { 'retry-after': 'Sat, 21 Nov 2026 09:00:01 GMT' } }, 1_000],
    ['a date that is over', { status: 503, headers: { 'retry-after': 'Sat, 21 Nov 2026 08:00:00 GMT' } }, 0],
    ['milliseconds in the body', { status: 429, body: '{"type":"rate_limit_error","backoff_ms":700}' }, 700],
    ['nonsense', { status: 429, headers: { 'retry-after': 'soon' }, body: '{"backoff_ms":"soon"}' }, 250],
  ])('%s', async (_what, trouble, pause) => {
    troubles(trouble)
    expect(await read()).toMatchObject({ requestedAt: now })
    expect(pauses).toEqual([pause])
    expect(revenueCat.requests).toHaveLength(2)
  })

  test('nobody listened', async () => {
    await revenueCat.stop()
    const wait = (ms: number) => {
      pauses.push(ms)
      return revenueCat.start()
    }
    expect(await read({ patience: { ...patience, wait } })).toMatchObject({ requestedAt: now })
    expect(pauses).toEqual([250])
  })
})

describe('a trouble that stays is said, with when to come again', () => {
  test('after three tries', async () => {
    revenueCat.trouble = { status: 500 }
    const failure = await failureOf(read())
    expect([failure.message, failure.retryAt, String(failure.cause)]).toEqual([
      'RevenueCat does not answer at the moment. Try again shortly.',
      null,
      'Error: it answered 500',
    ])
    expect(pauses).toEqual([250, 500])
    expect(revenueCat.requests).toHaveLength(3)
  })

  test('at once where it asks for a longer pause than a person waits', async () => {
    revenueCat.trouble = { status: 429, headers: { 'retry-after': '47' } }
    const { retryAt } = await failureOf(read())
    expect(retryAt).toEqual(new Date('2026-11-21T09:00:47Z'))
    expect(revenueCat.requests).toHaveLength(1)
  })

  test('after three times silence', async () => {
    const release = revenueCat.hold()
    try {
      await failureOf(read({ timeoutMs: 30 }))
      expect(pauses).toEqual([250, 500])
    } finally {
      release()
    }
  })

  test('where nobody listens', async () => {
    await revenueCat.stop()
    await failureOf(read())
    expect(pauses).toEqual([250, 500])
  })
})

describe('a no is a no', () => {
  test('of a wrong key, which is not said', async () => {
    const failure = await read({ apiKey: 'sk_of_another' }).catch((error: unknown) => error)
    expect(failure).not.toBeInstanceOf(ProviderUnavailable)
    expect(String(failure)).toBe(
      'RevenueCatRefused: RevenueCat refused to show a customer: 401, Invalid API key. Check REVENUECAT_API_KEY and REVENUECAT_API_KEY_V2.',
    )
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain('sk_of_another')
    expect(revenueCat.requests).toHaveLength(1)
  })

  test('without a reason', async () => {
    revenueCat.trouble = { status: 400, body: '[]' }
    await expect(read()).rejects.toThrow('RevenueCat refused to show a customer: 400, no reason.')
    expect(pauses).toEqual([])
  })

  test('and it is not followed elsewhere', async () => {
    const elsewhere = { status: 302, headers: { location: '/v1/subscribers/another' } }
    revenueCat.onRequest = (request) => (request.endsWith('/someone') ? elsewhere : null)
    await failureOf(read())
    expect(new Set(revenueCat.requests)).toEqual(new Set(['GET /v1/subscribers/someone']))
  })
})
