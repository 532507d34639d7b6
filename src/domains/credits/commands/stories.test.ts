import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { unindented } from '../../../testing/ledger-table.ts'
import { noonOf, openWallet, type WalletSteps } from '../../../testing/wallet-steps.ts'
import { InsufficientCredits } from '../errors.ts'
import { balancesOf, debtsOf } from '../queries/balance.ts'
import { verifyLedger } from '../queries/verify-ledger.ts'

let app: TestApp
let ada: WalletSteps
beforeEach(async () => {
  app = await startTestApp()
  ada = await openWallet(app)
})
afterEach(async () => {
  const verdicts = await verifyLedger(app.app.db)
  await app[Symbol.asyncDispose]()
  expect(verdicts.filter(({ mismatches }) => mismatches > 0)).toEqual([])
})

const balanceOn = async (day: string) =>
  (await balancesOf(app.app.db.prisma, [ada.userId], noonOf(day))).get(ada.userId)
const owed = async () => (await debtsOf(app.app.db.prisma, [ada.userId], new Date(0))).get(ada.userId)

test('a gift is granted once and does not expire', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.gift('2027-01-01', 50)
  expect(await ada.ledger()).toBe(unindented`
    date        kind   amount  balance  description
    2027-01-01  GRANT     +50       50  Sign-up gift

    granted  left  expires
         50    50  never
  `)
})

test('a purchase is added to the balance and spent after older credits', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.buy('2027-01-02', 200, 'order 1')
  await ada.spend('2027-01-03', 70, 'export 1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  GRANT        +50       50  Sign-up gift
    2027-01-02  PURCHASE    +200      250  Bought 200 credits
    2027-01-03  SPEND        -70      180  Spent on export 1

    granted  left  expires
         50     0  never
        200   180  never
  `)
})

test('spend and hold throw InsufficientCredits above the balance', async () => {
  await ada.gift('2027-01-01', 50)
  await expect(ada.spend('2027-01-02', 51, 'export 1')).rejects.toThrow(InsufficientCredits)
  await expect(ada.hold('2027-01-02', 51, 'video:1')).rejects.toThrow(InsufficientCredits)
  await ada.spend('2027-01-02', 50, 'export 2')
  expect(await ada.ledger()).toBe(unindented`
    date        kind   amount  balance  description
    2027-01-01  GRANT     +50       50  Sign-up gift
    2027-01-02  SPEND     -50        0  Spent on export 2

    granted  left  expires
         50     0  never
  `)
})

test('a partial capture releases the rest of the hold', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.hold('2027-01-02', 40, 'video:1')
  await ada.capture('2027-01-03', 'video:1', 25)
  expect(await ada.ledger()).toBe(unindented`
    date        kind     amount  balance  description
    2027-01-01  GRANT       +50       50  Sign-up gift
    2027-01-02  HOLD        -40       10  Held for video:1
    2027-01-03  CAPTURE       0       10  Done: video:1
    2027-01-03  RELEASE     +15       25  Done: video:1

    granted  left  expires
         50    25  never
  `)
})

test('capture spends the whole hold', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.hold('2027-01-02', 40, 'video:1')
  await ada.capture('2027-01-03', 'video:1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind     amount  balance  description
    2027-01-01  GRANT       +50       50  Sign-up gift
    2027-01-02  HOLD        -40       10  Held for video:1
    2027-01-03  CAPTURE       0       10  Done: video:1

    granted  left  expires
         50    10  never
  `)
})

test('a partial capture spends the lot that expires first and returns the rest to the other', async () => {
  await ada.plan('2027-01-01', 30, '2027-02-01')
  await ada.buy('2027-01-02', 100, 'order 1')
  await ada.hold('2027-01-03', 50, 'video:1')
  await ada.capture('2027-01-04', 'video:1', 35)
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  GRANT        +30       30  A month of Pro
    2027-01-02  PURCHASE    +100      130  Bought 100 credits
    2027-01-03  HOLD         -50       80  Held for video:1
    2027-01-04  CAPTURE        0       80  Done: video:1
    2027-01-04  RELEASE      +15       95  Done: video:1

    granted  left  expires
         30     0  2027-02-01
        100    95  never
  `)
})

test('a release after a lot has expired returns only credits that do not expire', async () => {
  await ada.plan('2027-01-01', 30, '2027-02-01')
  await ada.buy('2027-01-02', 100, 'order 1')
  await ada.hold('2027-01-31', 50, 'video:1')
  await ada.release('2027-02-02', 'video:1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  GRANT        +30       30  A month of Pro
    2027-01-02  PURCHASE    +100      130  Bought 100 credits
    2027-01-31  HOLD         -50       80  Held for video:1
    2027-02-02  RELEASE      +50      130  Failed: video:1
    2027-02-02  EXPIRY       -30      100  Expired

    granted  left  expires
         30     0  2027-02-01
        100   100  never
  `)
})

test('expired credits are not in the balance from that instant on, and are swept later', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.plan('2027-01-02', 100, '2027-02-02')
  await ada.spend('2027-01-03', 30, 'export 1')
  expect([await balanceOn('2027-02-01'), await balanceOn('2027-02-02')]).toEqual([120, 50])
  await expect(ada.spend('2027-02-02', 51, 'export 2')).rejects.toThrow(
    'This requires 51 credits, but you have only 50.',
  )
  await ada.expireLots('2027-02-03')
  await ada.expireLots('2027-02-03')
  expect(await ada.ledger()).toBe(unindented`
    date        kind    amount  balance  description
    2027-01-01  GRANT      +50       50  Sign-up gift
    2027-01-02  GRANT     +100      150  A month of Pro
    2027-01-03  SPEND      -30      120  Spent on export 1
    2027-02-03  EXPIRY     -70       50  Expired

    granted  left  expires
         50    50  never
        100     0  2027-02-02
  `)
})

test('a spend before the sweep expires credits itself', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.plan('2027-01-02', 100, '2027-02-02')
  await ada.spend('2027-02-03', 10, 'export 1')
  await ada.expireLots('2027-02-04')
  expect(await ada.ledger()).toBe(unindented`
    date        kind    amount  balance  description
    2027-01-01  GRANT      +50       50  Sign-up gift
    2027-01-02  GRANT     +100      150  A month of Pro
    2027-02-03  EXPIRY    -100       50  Expired
    2027-02-03  SPEND      -10       40  Spent on export 1

    granted  left  expires
         50    40  never
        100     0  2027-02-02
  `)
})

test('a refund returns credits to the lots they came from, once', async () => {
  await ada.plan('2027-01-01', 30, '2027-02-01')
  await ada.buy('2027-01-02', 100, 'order 1')
  await ada.spend('2027-01-03', 50, 'export 1')
  await ada.refund('2027-01-04', 'export 1')
  await ada.refund('2027-01-05', 'export 1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  GRANT        +30       30  A month of Pro
    2027-01-02  PURCHASE    +100      130  Bought 100 credits
    2027-01-03  SPEND        -50       80  Spent on export 1
    2027-01-04  REFUND       +50      130  Refund of export 1

    granted  left  expires
         30    30  2027-02-01
        100   100  never
  `)
})

test('refunded credits of an expired lot expire at once', async () => {
  await ada.plan('2027-01-01', 30, '2027-02-01')
  await ada.buy('2027-01-02', 100, 'order 1')
  await ada.spend('2027-01-03', 50, 'export 1')
  await ada.refund('2027-02-04', 'export 1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  GRANT        +30       30  A month of Pro
    2027-01-02  PURCHASE    +100      130  Bought 100 credits
    2027-01-03  SPEND        -50       80  Spent on export 1
    2027-02-04  REFUND       +50      130  Refund of export 1
    2027-02-04  EXPIRY       -30      100  Expired

    granted  left  expires
         30     0  2027-02-01
        100   100  never
  `)
})

test('revoking an unspent purchase takes its own lot', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.buy('2027-01-02', 100, 'order 1')
  await ada.spend('2027-01-03', 20, 'export 1')
  expect(await ada.revoke('2027-01-04', 'order 1')).toEqual({ taken: 100, owed: 0 })
  expect(await ada.revoke('2027-01-05', 'order 1')).toEqual({ taken: 100, owed: 0 })
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  GRANT          +50       50  Sign-up gift
    2027-01-02  PURCHASE      +100      150  Bought 100 credits
    2027-01-03  SPEND          -20      130  Spent on export 1
    2027-01-04  REVOCATION    -100       30  Money back for order 1

    granted  left  expires
         50    30  never
        100     0  never
  `)
})

test('revoking a partly spent purchase takes the rest from other lots', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 80, 'export 1')
  await ada.buy('2027-01-03', 100, 'order 2')
  expect(await ada.revoke('2027-01-04', 'order 1')).toEqual({ taken: 100, owed: 0 })
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  PURCHASE      +100      100  Bought 100 credits
    2027-01-02  SPEND          -80       20  Spent on export 1
    2027-01-03  PURCHASE      +100      120  Bought 100 credits
    2027-01-04  REVOCATION    -100       20  Money back for order 1

    granted  left  expires
        100     0  never
        100    20  never
  `)
})

test('revoking a spent purchase leaves a debt, which a release and a refund settle', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 70, 'export 1')
  await ada.hold('2027-01-03', 20, 'video:1')
  expect(await ada.revoke('2027-01-04', 'order 1')).toEqual({ taken: 10, owed: 90 })
  expect(await ada.revoke('2027-01-04', 'order 1')).toEqual({ taken: 10, owed: 90 })
  expect(await owed()).toBe(90)
  await ada.release('2027-01-05', 'video:1')
  expect(await owed()).toBe(70)
  await ada.refund('2027-01-06', 'export 1')
  expect(await owed()).toBe(0)
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  PURCHASE      +100      100  Bought 100 credits
    2027-01-02  SPEND          -70       30  Spent on export 1
    2027-01-03  HOLD           -20       10  Held for video:1
    2027-01-04  REVOCATION     -10        0  Money back for order 1
    2027-01-05  RELEASE        +20       20  Failed: video:1
    2027-01-05  REVOCATION     -20        0  Settled what was owed
    2027-01-06  REFUND         +70       70  Refund of export 1
    2027-01-06  REVOCATION     -70        0  Settled what was owed

    granted  left  expires
        100     0  never

    owed  settled
      90       90
  `)
})

test('gifts and purchases do not settle debts', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 100, 'export 1')
  await ada.revoke('2027-01-03', 'order 1')
  await ada.buy('2027-01-04', 40, 'order 2')
  await ada.gift('2027-01-05', 10)
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  PURCHASE    +100      100  Bought 100 credits
    2027-01-02  SPEND       -100        0  Spent on export 1
    2027-01-04  PURCHASE     +40       40  Bought 40 credits
    2027-01-05  GRANT        +10       50  Sign-up gift

    granted  left  expires
        100     0  never
         40    40  never
         10    10  never

    owed  settled
     100        0
  `)
})

test("a plan's credits are spent before an older gift", async () => {
  await ada.gift('2027-01-01', 50)
  await ada.plan('2027-01-02', 100, '2027-02-02')
  await ada.spend('2027-01-03', 60, 'export 1')
  await ada.spend('2027-01-04', 60, 'export 2')
  expect(await ada.ledger()).toBe(unindented`
    date        kind   amount  balance  description
    2027-01-01  GRANT     +50       50  Sign-up gift
    2027-01-02  GRANT    +100      150  A month of Pro
    2027-01-03  SPEND     -60       90  Spent on export 1
    2027-01-04  SPEND     -60       30  Spent on export 2

    granted  left  expires
         50    30  never
        100     0  2027-02-02
  `)
})

// The release must not subtract other lots that expire at that moment from the released amount.
test('a release settles a debt in full although another lot has expired without a sweep', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.hold('2027-01-02', 100, 'video:1')
  await ada.revoke('2027-01-03', 'order 1')
  await ada.plan('2027-01-04', 30, '2027-02-04')
  await ada.release('2027-02-05', 'video:1')
  expect(await owed()).toBe(0)
})

// The credits are held when the plan is revoked, and expire when they are released.
test('credits that expired unspent are not owed when their hold ends after the revocation', async () => {
  await ada.plan('2027-01-01', 30, '2027-02-01')
  await ada.hold('2027-01-02', 30, 'video:1')
  await ada.revoke('2027-02-02', 'plan:2027-01-01')
  await ada.release('2027-02-03', 'video:1')
  expect(await owed()).toBe(0)
})

test('reinstate settles the debt of the revoked grant first, once', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 70, 'export 1')
  await ada.revoke('2027-01-03', 'order 1')
  await ada.gift('2027-01-04', 5)
  await ada.reinstate('2027-01-05', 100, 'order 1')
  await ada.reinstate('2027-01-06', 100, 'order 1')
  expect(await owed()).toBe(0)
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  PURCHASE      +100      100  Bought 100 credits
    2027-01-02  SPEND          -70       30  Spent on export 1
    2027-01-03  REVOCATION     -30        0  Money back for order 1
    2027-01-04  GRANT           +5        5  Sign-up gift
    2027-01-05  PURCHASE      +100      105  Again: order 1
    2027-01-05  REVOCATION     -70       35  Settled what was owed

    granted  left  expires
        100     0  never
          5     5  never
        100    30  never

    owed  settled
      70       70
  `)
})

// The ledger prefixes the key with 'revoke:'; a caller's key can have 250 characters.
test('a grant with a long key can be revoked', async () => {
  const key = 'k'.repeat(250)
  await ada.buy('2027-01-01', 30, key)
  expect(await ada.revoke('2027-01-02', key)).toEqual({ taken: 30, owed: 0 })
})
