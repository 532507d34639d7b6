import fc from 'fast-check'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { endOfPurchases, noon } from '../../../testing/purchase-steps.ts'
import { users } from '../../users/index.ts'
import type { PurchaseEvent } from '../ports.ts'
import { billing } from '../services.ts'
import { applyPurchaseEvent } from './apply-purchase-event.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  app.now = noon('2030-09-10')
})
afterAll(() => app[Symbol.asyncDispose]())

/** Ada and Ben exist from the start. Cyd signs up between the events. */
const userNames = ['ada', 'ben', 'cyd'] as const
type RunUsers = Readonly<Record<(typeof userNames)[number], { readonly id: string; readonly clerkId: string }>>

const month = (from: string, to: string) => ({ purchasedAt: noon(from), expiresAt: noon(to) })
const refund = { reason: 'CUSTOMER_SUPPORT' }
const pack = { productId: 'credits_500', expiresAt: null, entitlementKeys: [] }

/** The events in order. Names that begin with a dollar are anonymous. */
function historyOf({ ada, ben, cyd }: RunUsers, run: string): PurchaseEvent[] {
  let number = 0
  const eventOn = (on: string, type: string, names: string[], changes: Partial<PurchaseEvent> = {}): PurchaseEvent => {
    number += 1
    const transactionId = changes.transactionId ?? null
    return {
      eventId: `${run} event ${String(number).padStart(2, '0')}`,
      type,
      occurredAt: noon(on),
      environment: null,
      transferredTo: [],
      productId: 'plus_monthly',
      entitlementKeys: ['plus'],
      store: 'APP_STORE',
      periodType: 'NORMAL',
      isFamilyShare: false,
      purchasedAt: null,
      expiresAt: null,
      graceEndsAt: null,
      resumesAt: null,
      reason: null,
      quantity: 1,
      ...changes,
      names: names.map(named),
      subscriptionKey: changes.subscriptionKey ? `${run} ${changes.subscriptionKey}` : null,
      transactionId: transactionId && `${run} ${transactionId}`,
    }
  }
  const named = (name: string) => (name.startsWith('$') ? `$RCAnonymousID:${run}${name}` : name)
  const moved = (on: string, from: string[], to: string[]) =>
    eventOn(on, 'TRANSFER', from, { transferredTo: to.map(named), productId: null, entitlementKeys: [] })

  const monthly = (transactionId: string, from: string, to: string) =>
    ({ subscriptionKey: 'monthly', transactionId, ...month(from, to) }) as const
  const trial = { ...monthly('m0', '2030-07-01', '2030-07-15'), periodType: 'TRIAL' }
  const first = monthly('m1', '2030-07-15', '2030-08-15')
  const second = monthly('m2', '2030-08-15', '2030-09-15')
  const annual = { subscriptionKey: 'annual', transactionId: 'a0', productId: 'pro_annual' } as const
  const year = { ...annual, ...month('2030-03-05', '2031-03-05') }
  const early = { subscriptionKey: 'early', transactionId: 'e0', productId: 'plus_annual' } as const
  const ended = { ...early, ...month('2030-05-01', '2031-05-01') }
  const packOf = (id: string, on: string) => ({
    subscriptionKey: id,
    transactionId: id,
    ...pack,
    purchasedAt: noon(on),
  })
  return [
    eventOn('2030-03-05', 'INITIAL_PURCHASE', ['$x'], year),
    eventOn('2030-04-01', 'NON_RENEWING_PURCHASE', ['$x'], { ...packOf('pack 1', '2030-04-01'), quantity: 2 }),
    eventOn('2030-05-01', 'INITIAL_PURCHASE', [cyd.clerkId, '$c'], ended),
    eventOn('2030-06-20', 'EXPIRATION', [cyd.id], ended),
    eventOn('2030-07-01', 'INITIAL_PURCHASE', [ada.id], trial),
    eventOn('2030-07-02', 'SUBSCRIBER_ALIAS', [ben.clerkId, '$x'], { productId: null }),
    eventOn('2030-07-15', 'RENEWAL', [ada.id], first),
    eventOn('2030-07-20', 'NON_RENEWING_PURCHASE', [ada.clerkId], packOf('pack 2', '2030-07-20')),
    eventOn('2030-07-21', 'CANCELLATION', [ada.clerkId], { ...packOf('pack 2', '2030-07-20'), ...refund }),
    eventOn('2030-08-01', 'NON_RENEWING_PURCHASE', [cyd.id], packOf('pack 3', '2030-08-01')),
    eventOn('2030-08-02', 'CANCELLATION', [cyd.id], { ...packOf('pack 3', '2030-08-01'), ...refund }),
    eventOn('2030-08-03', 'REFUND_REVERSED', [cyd.id], packOf('pack 3', '2030-08-01')),
    eventOn('2030-08-15', 'RENEWAL', [ada.id], second),
    eventOn('2030-08-16', 'CANCELLATION', [ada.id], { ...first, ...refund }),
    eventOn('2030-08-20', 'CANCELLATION', [ada.id], { ...second, reason: 'UNSUBSCRIBE' }),
    eventOn('2030-08-21', 'CANCELLATION', [ada.id], { ...second, ...refund }),
    eventOn('2030-08-22', 'REFUND_REVERSED', [ada.id], second),
    moved('2030-08-25', [ben.id], [cyd.clerkId, '$y']),
    eventOn('2030-09-01', 'SUBSCRIBER_ALIAS', [ada.id, '$y'], { productId: null }),
    moved('2030-09-07', [cyd.id], [ada.clerkId]),
    eventOn('2030-09-08', 'BILLING_ISSUE', [ada.id], { ...second, graceEndsAt: noon('2030-09-25') }),
  ]
}

async function createUser(user: { id: string; clerkId: string }): Promise<void> {
  await app.app.db.transaction(async (tx) => {
    await tx.user.create({ data: { ...user, createdAt: app.now } })
    const { onUserCreated, onContactsVerified } = app.app.services(users)
    await onUserCreated(tx, { userId: user.id, isNew: true, now: app.now })
    await onContactsVerified(tx, { userId: user.id, contacts: [`${user.clerkId}@example.com`], now: app.now })
  })
}

let runs = 0
interface Run {
  readonly runUsers: RunUsers
  readonly run: string
  readonly end: () => Promise<object>
}

/** Creates users for a run, with new ids for the same history. */
async function newRun(): Promise<Run> {
  runs += 1
  const run = `run${String(runs).padStart(3, '0')}`
  const runUsers = Object.fromEntries(
    userNames.map((name) => [name, { id: uuidv7(), clerkId: `user_${run}_${name}` }]),
  ) as unknown as RunUsers
  await createUser(runUsers.ada)
  await createUser(runUsers.ben)
  const end = async () => {
    const { credits, ...rows } = await endOfPurchases(
      app,
      userNames.map((name) => runUsers[name].id),
    )
    let text = JSON.stringify(rows).replaceAll(run, 'run')
    for (const name of userNames) text = text.replaceAll(runUsers[name].id, name)
    const ofRun = Object.entries(JSON.parse(text) as Record<string, object[]>).map(([table, all]) => [
      table,
      all.filter((row) => /"(key|name|purpose)":"(\$RCAnonymousID:)?run[ $]/.test(JSON.stringify(row))),
    ])
    return { ...Object.fromEntries(ofRun), credits }
  }
  return { runUsers, run, end }
}

const apply = (event: PurchaseEvent) =>
  app.app.db.transaction((tx) => applyPurchaseEvent(tx, app.app.services(billing), { event, now: app.now }))

async function inOrder(): Promise<object> {
  const { runUsers, run, end } = await newRun()
  await createUser(runUsers.cyd)
  for (const event of historyOf(runUsers, run)) await apply(event)
  return end()
}

test('events in order give the expected subscriptions, grants and credits', async () => {
  expect(await inOrder()).toMatchObject({
    subscriptions: [
      // Ben's by the alias, then Cyd's by a TRANSFER; a second TRANSFER moves all of Cyd's to Ada.
      { key: 'run annual', userId: 'ada', transactionId: 'run a0', endedAt: null },
      { key: 'run early', userId: 'ada', endedAt: '2030-06-20T12:00:00.000Z' },
      { key: 'run monthly', userId: 'ada', transactionId: 'run m2', endedAt: null, willRenew: false },
    ],
    names: [
      { name: '$RCAnonymousID:run$c', userId: 'cyd' },
      { name: '$RCAnonymousID:run$x', userId: 'ben' },
      { name: '$RCAnonymousID:run$y', userId: 'ada' },
    ],
    grants: [
      // Cyd was the owner on the 5th.
      { purpose: 'run a0:2030-09-05', userId: 'cyd', amount: 1_000 },
      { purpose: 'run m2:2030-08-15', userId: 'ada', amount: 300 },
      { purpose: 'run pack 1', userId: 'ben', amount: 1_000 },
      { purpose: 'run pack 3', userId: 'cyd', amount: 500 },
    ],
    credits: [100 + 300, 100 + 1_000, 100 + 1_000 + 500],
  })
})

test('shuffled, duplicated and concurrent events give the same result', { timeout: 120_000 }, async () => {
  const expected = await inOrder()
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.boolean(), async (choices, twoAtOnce) => {
      const { runUsers, run, end } = await newRun()
      const choose = (below: number) => (choices.next().value ?? 0) % below
      const history = historyOf(runUsers, run)
      const repeated = history.filter(() => choose(3) === 0)
      const waiting: (() => Promise<void>)[] = [...history, ...repeated].map((event) => () => apply(event))
      waiting.push(() => createUser(runUsers.cyd))
      while (waiting.length > 0) {
        const next = waiting.splice(choose(waiting.length), 1)
        if (twoAtOnce && waiting.length > 0) next.push(...waiting.splice(choose(waiting.length), 1))
        await Promise.all(next.map((step) => step()))
      }
      expect(await end()).toEqual(expected)
    }),
    { numRuns: 7 },
  )
})
