import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPlans } from '../../config/read-plans.ts'
import type { StoredEvent } from './event-order.ts'
import { foldSubscription } from './fold-subscription.ts'
import { wantedMonths } from './wanted-grants.ts'
import type { WhoIs } from './who-is.ts'

const date = (text: string) => new Date(`${text}T12:00:00.000Z`)
const { plans } = readPlans()
if (!plans) throw new Error('src/config/plans.json does not fit.')

let events = 0
/** An event of 'the subscription': its first month, from January 1 on, but for what is told. */
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

/** Everybody is known by their own name; 'ada too' and anon-ada are Ada's as well. */
const people: Readonly<Record<string, string>> = {
  ada: 'ada',
  'ada too': 'ada',
  'anon-ada': 'ada',
  ben: 'ben',
  cyd: 'cyd',
}
const who: WhoIs = (names) => names.map((name) => people[name] ?? null).find((id) => id !== null) ?? null

const fold = (told: StoredEvent[], transfers: StoredEvent[] = []) => foldSubscription({ events: told, transfers, who })

describe('what the newest period is, the subscription is', () => {
  test('a late EXPIRATION, refund, cancellation or billing issue of an old period leaves the renewed one', () => {
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

  test('a renewal that is charged a day early counts at once', () => {
    const early = event('RENEWAL', '2030-01-31', second)
    expect(fold([event('INITIAL_PURCHASE', '2030-01-01'), early])?.facts.expiresAt).toEqual(second.expiresAt)
  })

  test('a store that keeps the transaction when it renews has periods all the same', () => {
    const folded = fold([
      event('INITIAL_PURCHASE', '2030-01-01'),
      event('RENEWAL', '2030-02-01', { ...second, transactionId: 't1' }),
    ])
    expect(folded?.periods.map(({ purchasedAt }) => purchasedAt)).toEqual([date('2030-01-01'), second.purchasedAt])
  })

  test('a payment that fails for a period which was never heard of begins none', () => {
    const failure = event('BILLING_ISSUE', '2030-02-01', { ...second, graceEndsAt: date('2030-02-10') })
    expect(fold([failure])).toBeNull()
    expect(fold([event('INITIAL_PURCHASE', '2030-01-01'), failure])?.facts).toMatchObject({
      transactionId: 't1',
      expiresAt: date('2030-02-01'),
      graceEndsAt: date('2030-02-10'),
      billingIssueAt: date('2030-02-01'),
    })
  })

  test('an end that was told when it had passed is not later than the period', () => {
    const told = [event('INITIAL_PURCHASE', '2030-01-01'), event('EXPIRATION', '2030-02-03')]
    expect(fold(told)?.facts.endedAt).toEqual(date('2030-02-01'))
    expect(
      fold([...told, event('SUBSCRIPTION_EXTENDED', '2030-02-04', { expiresAt: date('2030-02-20') })])?.facts,
    ).toMatchObject({ endedAt: null, expiresAt: date('2030-02-20') })
  })

  test('a reversal lifts the refund and the expiration that came of it', () => {
    const told = [
      event('INITIAL_PURCHASE', '2030-01-01'),
      event('CANCELLATION', '2030-01-05', { reason: 'CUSTOMER_SUPPORT' }),
      event('EXPIRATION', '2030-01-05', { reason: 'CUSTOMER_SUPPORT' }),
    ]
    expect(fold(told)?.facts).toMatchObject({
      refundedAt: date('2030-01-05'),
      endedAt: date('2030-01-05'),
      willRenew: false,
    })
    expect(fold([...told, event('REFUND_REVERSED', '2030-01-08')])?.facts).toMatchObject({
      refundedAt: null,
      endedAt: null,
      willRenew: true,
    })
  })
})

describe('nothing follows from', () => {
  test.each([
    [
      'a paywall that is called EXPIRATION',
      event('EXPIRATION', '2030-01-02', { productId: null, purchasedAt: null, expiresAt: null }),
    ],
    ['an EXPIRATION that names no end', event('EXPIRATION', '2030-01-02', { expiresAt: null })],
    ['an invoice', event('INVOICE_ISSUANCE', '2030-01-02', { transactionId: 't2', expiresAt: null })],
    ['a chosen product', event('PRODUCT_CHANGE', '2030-01-02', { productId: 'pro_monthly' })],
    ['a type of the future', event('SUBSCRIPTION_ENCHANTED', '2030-01-02')],
    ['a test', event('TEST', '2030-01-02', { productId: null })],
  ])('%s', (_, told) => {
    const bought = event('INITIAL_PURCHASE', '2030-01-01')
    expect(fold([bought, told])).toEqual(fold([bought]))
    expect(fold([told])).toBeNull()
  })
})

describe('what was lent', () => {
  const lent = event('TEMPORARY_ENTITLEMENT_GRANT', '2030-01-05', { purchasedAt: null, expiresAt: null })

  test('ends within a day and gives no credits', () => {
    const folded = fold([lent])
    expect(folded?.facts).toMatchObject({ expiresAt: date('2030-01-06'), willRenew: false })
    expect(
      folded?.periods.flatMap((period) => wantedMonths(plans, period, { key: 'k', owners: [] }, date('2030-01-05'))),
    ).toEqual([])
  })

  test('is forgotten once the purchase is known', () => {
    expect(fold([lent, event('INITIAL_PURCHASE', '2030-01-06')])?.facts.expiresAt).toEqual(date('2030-02-01'))
  })
})

describe('whose it is', () => {
  const bought = event('INITIAL_PURCHASE', '2030-01-01')
  const ownerAfter = (...transfers: StoredEvent[]) => fold([bought], transfers)?.userId

  test('a TRANSFER moves it, by whichever of their names', () => {
    expect(ownerAfter()).toBe('ada')
    expect(ownerAfter(transfer('2030-01-03', ['ada too', 'whoever'], ['ben']))).toBe('ben')
    expect(ownerAfter(transfer('2030-01-03', ['cyd'], ['ben']))).toBe('ada')
  })

  test('a chain of them does, and there and back', () => {
    const there = transfer('2030-01-03', ['ada'], ['ben'])
    expect(ownerAfter(transfer('2030-01-04', ['ben'], ['cyd']), there)).toBe('cyd')
    expect(ownerAfter(transfer('2030-01-04', ['ben'], ['anon-ada']), there)).toBe('ada')
    expect(ownerAfter(transfer('2030-01-02', ['ben'], ['cyd']), there)).toBe('ben')
  })

  test('one of the year 4466 is of the day when it came', () => {
    const sample = transfer('4466-09-23', ['ada'], ['ben'], {
      occurredAt: new Date(78_789_789_798_798),
      receivedAt: date('2030-01-03'),
    })
    expect(ownerAfter(sample)).toBe('ben')
    expect(ownerAfter(sample, transfer('2030-01-05', ['ben'], ['ada']))).toBe('ada')
  })

  test('a later event names the owner', () => {
    const folded = fold([bought, event('RENEWAL', '2030-02-01', { ...second, names: ['ben'] })])
    expect(folded?.userId).toBe('ben')
    expect(folded?.owners.map(({ userId }) => userId)).toEqual(['ada', 'ben'])
  })
})

describe('credits of months', () => {
  const wantedOn = (on: string, told: StoredEvent[], transfers: StoredEvent[] = []) => {
    const folded = fold(told, transfers)
    const subscribed = { key: 'the subscription', owners: folded?.owners ?? [] }
    return folded?.periods
      .flatMap((period) => wantedMonths(plans, period, subscribed, date(on)))
      .map(({ purpose, userId, amount, isVoid }) => `${purpose} ${userId} ${amount}${isVoid ? ` ${isVoid}` : ''}`)
  }
  const year = { productId: 'plus_annual', expiresAt: date('2031-01-01') }
  const annual = event('INITIAL_PURCHASE', '2030-01-01', year)

  test('those that are over are not wanted, those to come not yet', () => {
    expect(wantedOn('2030-03-15', [annual])).toEqual(['t1:2030-03-01 ada 300'])
    expect(wantedOn('2029-12-31', [annual])).toEqual([])
    expect(wantedOn('2031-01-01', [annual])).toEqual([])
  })

  test('a month is of who had it when it began', () => {
    const moved = transfer('2030-03-10', ['ada'], ['ben'])
    expect(wantedOn('2030-03-15', [annual], [moved])).toEqual(['t1:2030-03-01 ada 300'])
    expect(wantedOn('2030-04-15', [annual], [moved])).toEqual(['t1:2030-04-01 ben 300'])
  })

  test('what nobody known bought waits for who gets it first', () => {
    const unknown = event('INITIAL_PURCHASE', '2030-01-01', { ...year, names: ['anon-x'] })
    expect(wantedOn('2030-01-15', [unknown])).toEqual(['t1:2030-01-01 null 300'])
    const moved = transfer('2030-01-10', ['anon-x'], ['ben'])
    expect(wantedOn('2030-01-15', [unknown], [moved])).toEqual(['t1:2030-01-01 ben 300'])
  })

  test('of a refund all, of an early end those after it', () => {
    const refunded = event('CANCELLATION', '2030-03-10', { ...year, reason: 'CUSTOMER_SUPPORT' })
    const refunds = ['01', '02', '03'].map((month) => `t1:2030-${month}-01 ada 300 refunded`)
    expect(wantedOn('2030-03-15', [annual, refunded])).toEqual(refunds)
    const ended = event('EXPIRATION', '2030-03-10', year)
    expect(wantedOn('2030-03-15', [annual, ended])).toEqual(['t1:2030-03-01 ada 300'])
    expect(wantedOn('2030-04-15', [annual, ended])).toEqual(['t1:2030-04-01 ada 300 ended'])
  })

  test('an extension is a present', () => {
    const extended = event('SUBSCRIPTION_EXTENDED', '2030-01-20', { expiresAt: date('2030-06-01') })
    expect(wantedOn('2030-03-15', [event('INITIAL_PURCHASE', '2030-01-01'), extended])).toEqual([])
  })

  test('none where no purchase was heard of', () => {
    expect(wantedOn('2030-01-15', [event('CANCELLATION', '2030-01-10', { reason: 'UNSUBSCRIBE' })])).toEqual([])
  })
})

test('any order of any events comes to the same, 1,000 times', () => {
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
  const told = fc
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
    .array(told, { minLength: 1, maxLength: 14 })
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

test('of one instant, an end comes before a beginning, and a cancellation after it', () => {
  const bought = event('RENEWAL', '2030-01-05')
  expect(fold([bought, event('EXPIRATION', '2030-01-05')])?.facts.endedAt).toBeNull()
  expect(fold([bought, event('CANCELLATION', '2030-01-05')])?.facts.willRenew).toBe(false)
})
