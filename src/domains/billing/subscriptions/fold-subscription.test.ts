import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StoredEvent } from '../events/event-order.ts'
import type { ResolveUserId } from '../events/resolve-customer.ts'
import { wantedMonths } from '../grants/wanted-grants.ts'
import { readPlans } from '../plans/read-plans.ts'
import { foldSubscription } from './fold-subscription.ts'

const date = (text: string) => new Date(`${text}T12:00:00.000Z`)
const { plans } = readPlans()
if (!plans) throw new Error('src/domains/billing/plans/plans.json is not valid.')

let events = 0
/** An event of 'the subscription'. Without changes it names the first month, from January 1. */
function event(type: string, on: string, changes: Partial<StoredEvent> = {}): StoredEvent {
  events += 1
  return {
    eventId: `event ${events}`,
    type,
    occurredAt: date(on),
    receivedAt: date('2030-12-31'),
    environment: 'PRODUCTION',
    names: ['ada'],
    transferredTo: [],
    subscriptionKey: 'the subscription',
    transactionId: 't1',
    productId: 'plus_monthly',
    entitlementKeys: ['plus'],
    store: 'APP_STORE',
    periodType: 'NORMAL',
    isFamilyShare: false,
    purchasedAt: date('2030-01-01'),
    expiresAt: date('2030-02-01'),
    graceEndsAt: null,
    resumesAt: null,
    reason: null,
    quantity: 1,
    ...changes,
  }
}
const second = { transactionId: 't2', purchasedAt: date('2030-02-01'), expiresAt: date('2030-03-01') }
const transfer = (on: string, from: string[], to: string[], changes: Partial<StoredEvent> = {}) =>
  event('TRANSFER', on, { names: from, transferredTo: to, subscriptionKey: null, productId: null, ...changes })

/** Maps names to users: their own names, and 'ada too' and 'anon-ada' for Ada. */
const userIds: Readonly<Record<string, string>> = {
  ada: 'ada',
  'ada too': 'ada',
  'anon-ada': 'ada',
  ben: 'ben',
  cyd: 'cyd',
}
const resolveUserId: ResolveUserId = (names) =>
  names.map((name) => userIds[name] ?? null).find((id) => id !== null) ?? null

const fold = (received: StoredEvent[], transfers: StoredEvent[] = []) =>
  foldSubscription({ events: received, transfers, resolveUserId })

describe('the newest period is the state of the subscription', () => {
  test('a late EXPIRATION, refund, cancellation or billing issue of an old period does not change the renewed one', () => {
    const renewed = [event('INITIAL_PURCHASE', '2030-01-01'), event('RENEWAL', '2030-02-01', second)]
    const facts = fold(renewed)?.facts
    for (const [type, reason] of [
      ['EXPIRATION', null],
      ['CANCELLATION', 'CUSTOMER_SUPPORT'],
      ['CANCELLATION', 'UNSUBSCRIBE'],
      ['BILLING_ISSUE', null],
    ] as const) {
      expect(fold([...renewed, event(type, '2030-02-05', { reason })])?.facts, type).toEqual(facts)
    }
    expect(facts).toMatchObject({ transactionId: 't2', willRenew: true, endedAt: null, startedAt: date('2030-01-01') })
  })

  test('a renewal that is charged a day early has an immediate effect', () => {
    const early = event('RENEWAL', '2030-01-31', second)
    expect(fold([event('INITIAL_PURCHASE', '2030-01-01'), early])?.facts.expiresAt).toEqual(second.expiresAt)
  })

  test('renewals with the same transaction id are separate periods', () => {
    const folded = fold([
      event('INITIAL_PURCHASE', '2030-01-01'),
      event('RENEWAL', '2030-02-01', { ...second, transactionId: 't1' }),
    ])
    expect(folded?.periods.map(({ purchasedAt }) => purchasedAt)).toEqual([date('2030-01-01'), second.purchasedAt])
  })

  test('a failed payment of an unknown period begins no period', () => {
    const failure = event('BILLING_ISSUE', '2030-02-01', { ...second, graceEndsAt: date('2030-02-10') })
    expect(fold([failure])).toBeNull()
    expect(fold([event('INITIAL_PURCHASE', '2030-01-01'), failure])?.facts).toMatchObject({
      transactionId: 't1',
      expiresAt: date('2030-02-01'),
      graceEndsAt: date('2030-02-10'),
      billingIssueAt: date('2030-02-01'),
    })
  })

  test('a late EXPIRATION does not extend the period', () => {
    const received = [event('INITIAL_PURCHASE', '2030-01-01'), event('EXPIRATION', '2030-02-03')]
    expect(fold(received)?.facts.endedAt).toEqual(date('2030-02-01'))
    expect(
      fold([...received, event('SUBSCRIPTION_EXTENDED', '2030-02-04', { expiresAt: date('2030-02-20') })])?.facts,
    ).toMatchObject({ endedAt: null, expiresAt: date('2030-02-20') })
  })

  test('REFUND_REVERSED removes the refund and its expiration', () => {
    const received = [
      event('INITIAL_PURCHASE', '2030-01-01'),
      event('CANCELLATION', '2030-01-05', { reason: 'CUSTOMER_SUPPORT' }),
      event('EXPIRATION', '2030-01-05', { reason: 'CUSTOMER_SUPPORT' }),
    ]
    expect(fold(received)?.facts).toMatchObject({
      refundedAt: date('2030-01-05'),
      endedAt: date('2030-01-05'),
      willRenew: false,
    })
    expect(fold([...received, event('REFUND_REVERSED', '2030-01-08')])?.facts).toMatchObject({
      refundedAt: null,
      endedAt: null,
      willRenew: true,
    })
  })
})

describe('events without an effect', () => {
  test.each([
    [
      'a paywall event with the type EXPIRATION',
      event('EXPIRATION', '2030-01-02', { productId: null, purchasedAt: null, expiresAt: null }),
    ],
    ['an EXPIRATION without an end', event('EXPIRATION', '2030-01-02', { expiresAt: null })],
    ['an invoice', event('INVOICE_ISSUANCE', '2030-01-02', { transactionId: 't2', expiresAt: null })],
    ['a product change', event('PRODUCT_CHANGE', '2030-01-02', { productId: 'pro_monthly' })],
    ['an unknown type', event('SUBSCRIPTION_ENCHANTED', '2030-01-02')],
    ['a test', event('TEST', '2030-01-02', { productId: null })],
  ])('%s', (_, received) => {
    const bought = event('INITIAL_PURCHASE', '2030-01-01')
    expect(fold([bought, received])).toEqual(fold([bought]))
    expect(fold([received])).toBeNull()
  })
})

describe('a temporary grant', () => {
  const grantedTemporarily = event('TEMPORARY_ENTITLEMENT_GRANT', '2030-01-05', { purchasedAt: null, expiresAt: null })

  test('ends within a day and grants no credits', () => {
    const folded = fold([grantedTemporarily])
    expect(folded?.facts).toMatchObject({ expiresAt: date('2030-01-06'), willRenew: false })
    expect(
      folded?.periods.flatMap((period) => wantedMonths(plans, period, { key: 'k', owners: [] }, date('2030-01-05'))),
    ).toEqual([])
  })

  test('is ignored after the purchase was received', () => {
    expect(fold([grantedTemporarily, event('INITIAL_PURCHASE', '2030-01-06')])?.facts.expiresAt).toEqual(
      date('2030-02-01'),
    )
  })
})

describe('the owner', () => {
  const bought = event('INITIAL_PURCHASE', '2030-01-01')
  const ownerAfter = (...transfers: StoredEvent[]) => fold([bought], transfers)?.userId

  test('is changed by a TRANSFER from any of their names', () => {
    expect(ownerAfter()).toBe('ada')
    expect(ownerAfter(transfer('2030-01-03', ['ada too', 'unknown'], ['ben']))).toBe('ben')
    expect(ownerAfter(transfer('2030-01-03', ['cyd'], ['ben']))).toBe('ada')
  })

  test('is changed by a chain of TRANSFERs, also back to the first owner', () => {
    const there = transfer('2030-01-03', ['ada'], ['ben'])
    expect(ownerAfter(transfer('2030-01-04', ['ben'], ['cyd']), there)).toBe('cyd')
    expect(ownerAfter(transfer('2030-01-04', ['ben'], ['anon-ada']), there)).toBe('ada')
    expect(ownerAfter(transfer('2030-01-02', ['ben'], ['cyd']), there)).toBe('ben')
  })

  test('is changed at the time of receipt by a TRANSFER with the year 4466', () => {
    const sample = transfer('4466-09-23', ['ada'], ['ben'], {
      occurredAt: new Date(78_789_789_798_798),
      receivedAt: date('2030-01-03'),
    })
    expect(ownerAfter(sample)).toBe('ben')
    expect(ownerAfter(sample, transfer('2030-01-05', ['ben'], ['ada']))).toBe('ada')
  })

  test('is changed by a later event with another name', () => {
    const folded = fold([bought, event('RENEWAL', '2030-02-01', { ...second, names: ['ben'] })])
    expect(folded?.userId).toBe('ben')
    expect(folded?.owners.map(({ userId }) => userId)).toEqual(['ada', 'ben'])
  })
})

describe('monthly credits', () => {
  const wantedOn = (on: string, received: StoredEvent[], transfers: StoredEvent[] = []) => {
    const folded = fold(received, transfers)
    const subscribed = { key: 'the subscription', owners: folded?.owners ?? [] }
    return folded?.periods
      .flatMap((period) => wantedMonths(plans, period, subscribed, date(on)))
      .map(({ purpose, userId, amount, isVoid }) => `${purpose} ${userId} ${amount}${isVoid ? ` ${isVoid}` : ''}`)
  }
  const year = { productId: 'plus_annual', expiresAt: date('2031-01-01') }
  const annual = event('INITIAL_PURCHASE', '2030-01-01', year)

  test('are granted only during the month', () => {
    expect(wantedOn('2030-03-15', [annual])).toEqual(['t1:2030-03-01 ada 300'])
    expect(wantedOn('2029-12-31', [annual])).toEqual([])
    expect(wantedOn('2031-01-01', [annual])).toEqual([])
  })

  test('belong to the owner at the beginning of the month', () => {
    const moved = transfer('2030-03-10', ['ada'], ['ben'])
    expect(wantedOn('2030-03-15', [annual], [moved])).toEqual(['t1:2030-03-01 ada 300'])
    expect(wantedOn('2030-04-15', [annual], [moved])).toEqual(['t1:2030-04-01 ben 300'])
  })

  test('of an unknown customer belong to the first known owner', () => {
    const unknown = event('INITIAL_PURCHASE', '2030-01-01', { ...year, names: ['anon-x'] })
    expect(wantedOn('2030-01-15', [unknown])).toEqual(['t1:2030-01-01 null 300'])
    const moved = transfer('2030-01-10', ['anon-x'], ['ben'])
    expect(wantedOn('2030-01-15', [unknown], [moved])).toEqual(['t1:2030-01-01 ben 300'])
  })

  test('are void after a refund, and after an early end for the months after it', () => {
    const refunded = event('CANCELLATION', '2030-03-10', { ...year, reason: 'CUSTOMER_SUPPORT' })
    const refunds = ['01', '02', '03'].map((month) => `t1:2030-${month}-01 ada 300 refunded`)
    expect(wantedOn('2030-03-15', [annual, refunded])).toEqual(refunds)
    const ended = event('EXPIRATION', '2030-03-10', year)
    expect(wantedOn('2030-03-15', [annual, ended])).toEqual(['t1:2030-03-01 ada 300'])
    expect(wantedOn('2030-04-15', [annual, ended])).toEqual(['t1:2030-04-01 ada 300 ended'])
  })

  test('are not granted for an extension', () => {
    const extended = event('SUBSCRIPTION_EXTENDED', '2030-01-20', { expiresAt: date('2030-06-01') })
    expect(wantedOn('2030-03-15', [event('INITIAL_PURCHASE', '2030-01-01'), extended])).toEqual([])
  })

  test('are not granted without a purchase event', () => {
    expect(wantedOn('2030-01-15', [event('CANCELLATION', '2030-01-10', { reason: 'UNSUBSCRIBE' })])).toEqual([])
  })
})

test('events give the same result in any order, in 1,000 random cases', () => {
  const days = fc.integer({ min: 1, max: 27 }).map((day) => `2030-02-${String(day).padStart(2, '0')}`)
  const names = fc.subarray(['ada', 'ada too', 'anon-ada', 'anon-x', 'ben', 'cyd'], { minLength: 1, maxLength: 3 })
  const types = [
    'INITIAL_PURCHASE',
    'RENEWAL',
    'CANCELLATION',
    'UNCANCELLATION',
    'BILLING_ISSUE',
    'SUBSCRIPTION_PAUSED',
    'SUBSCRIPTION_EXTENDED',
    'EXPIRATION',
    'REFUND_REVERSED',
    'TEMPORARY_ENTITLEMENT_GRANT',
    'NON_RENEWING_PURCHASE',
    'TRANSFER',
  ]
  const anyEvent = fc
    .record({
      type: fc.constantFrom(...types),
      on: days,
      names,
      transferredTo: names,
      reason: fc.constantFrom(null, 'UNSUBSCRIBE', 'CUSTOMER_SUPPORT', 'BILLING_ERROR'),
      of: fc.constantFrom(
        {},
        second,
        { ...second, transactionId: 't1' },
        { transactionId: 't3', productId: 'pro_annual' },
      ),
      expiresAt: fc.constantFrom(null, date('2030-03-01'), date('2031-01-01')),
    })
    .map(({ on, type, of, ...changes }) => event(type, on, { ...of, ...changes }))
  const shuffled = fc
    .array(anyEvent, { minLength: 1, maxLength: 14 })
    .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })))
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      const isTransfer = ({ type }: StoredEvent) => type === 'TRANSFER'
      const foldAll = (all: StoredEvent[]) =>
        fold(
          all.filter((one) => !isTransfer(one)),
          all.filter(isTransfer),
        )
      expect(foldAll(other)).toEqual(foldAll(list))
    }),
    { numRuns: 1_000 },
  )
})

test('of events with the same time, an end is applied before a beginning, and a cancellation after it', () => {
  const bought = event('RENEWAL', '2030-01-05')
  expect(fold([bought, event('EXPIRATION', '2030-01-05')])?.facts.endedAt).toBeNull()
  expect(fold([bought, event('CANCELLATION', '2030-01-05')])?.facts.willRenew).toBe(false)
})
