import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { unindented } from '../../testing/ledger-table.ts'
import { noonOf, openWallet, type WalletSteps } from '../../testing/wallet-steps.ts'
import { balancesOf, debtsOf } from './balance.ts'
import { InsufficientCredits } from './errors.ts'
import { verifyLedger } from './verify-ledger.ts'

let app: TestApp
let ada: WalletSteps
beforeEach(async () => {
  app = await startTestApp()
  ada = await openWallet(app)
})
afterEach(async () => {
  const verdicts = await verifyLedger(app.app.db)
  await app[Symbol.asyncDispose]()
  expect(verdicts.filter(({ lies }) => lies > 0)).toEqual([])
})

const shownOn = async (day: string) => (await balancesOf(app.app.db.prisma, [ada.userId], noonOf(day))).get(ada.userId)
const owed = async () => (await debtsOf(app.app.db.prisma, [ada.userId], new Date(0))).get(ada.userId)

test('a sign-up gift is there at once and for good', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.gift('2027-01-01', 50)
  expect(await ada.ledger()).toBe(unindented`
    date        kind   amount  balance  description
    2027-01-01  GRANT     +50       50  Sign-up gift

    granted  left  lapses
         50    50  never
  `)
})

test('what is bought comes on top and is spent after what was there', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.buy('2027-01-02', 200, 'order 1')
  await ada.spend('2027-01-03', 70, 'export 1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  GRANT        +50       50  Sign-up gift
    2027-01-02  PURCHASE    +200      250  Bought 200 credits
    2027-01-03  SPEND        -70      180  Spent on export 1

    granted  left  lapses
         50     0  never
        200   180  never
  `)
})

test('nothing is spent that is not there', async () => {
  await ada.gift('2027-01-01', 50)
  await expect(ada.spend('2027-01-02', 51, 'export 1')).rejects.toThrow(InsufficientCredits)
  await expect(ada.hold('2027-01-02', 51, 'video:1')).rejects.toThrow(InsufficientCredits)
  await ada.spend('2027-01-02', 50, 'export 2')
  expect(await ada.ledger()).toBe(unindented`
    date        kind   amount  balance  description
    2027-01-01  GRANT     +50       50  Sign-up gift
    2027-01-02  SPEND     -50        0  Spent on export 2

    granted  left  lapses
         50     0  never
  `)
})

test('a hold is captured in part and the rest comes back', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.hold('2027-01-02', 40, 'video:1')
  await ada.capture('2027-01-03', 'video:1', 25)
  expect(await ada.ledger()).toBe(unindented`
    date        kind     amount  balance  description
    2027-01-01  GRANT       +50       50  Sign-up gift
    2027-01-02  HOLD        -40       10  Held for video:1
    2027-01-03  CAPTURE       0       10  Done: video:1
    2027-01-03  RELEASE     +15       25  Done: video:1

    granted  left  lapses
         50    25  never
  `)
})

test('a hold is captured whole', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.hold('2027-01-02', 40, 'video:1')
  await ada.capture('2027-01-03', 'video:1')
  expect(await ada.ledger()).toBe(unindented`
    date        kind     amount  balance  description
    2027-01-01  GRANT       +50       50  Sign-up gift
    2027-01-02  HOLD        -40       10  Held for video:1
    2027-01-03  CAPTURE       0       10  Done: video:1

    granted  left  lapses
         50    10  never
  `)
})

test('of a hold over two lots what lapses first is captured, and the rest returns to what stays', async () => {
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

    granted  left  lapses
         30     0  2027-02-01
        100    95  never
  `)
})

test('a release after the lot has lapsed brings back only what stays', async () => {
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
    2027-02-02  EXPIRY       -30      100  Lapsed

    granted  left  lapses
         30     0  2027-02-01
        100   100  never
  `)
})

test('what is left of a plan lapses: not shown from that instant on, swept later', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.plan('2027-01-02', 100, '2027-02-02')
  await ada.spend('2027-01-03', 30, 'export 1')
  expect([await shownOn('2027-02-01'), await shownOn('2027-02-02')]).toEqual([120, 50])
  await expect(ada.spend('2027-02-02', 51, 'export 2')).rejects.toThrow('This needs 51 credits; you have 50.')
  await ada.lapse('2027-02-03')
  await ada.lapse('2027-02-03')
  expect(await ada.ledger()).toBe(unindented`
    date        kind    amount  balance  description
    2027-01-01  GRANT      +50       50  Sign-up gift
    2027-01-02  GRANT     +100      150  A month of Pro
    2027-01-03  SPEND      -30      120  Spent on export 1
    2027-02-03  EXPIRY     -70       50  Lapsed

    granted  left  lapses
         50    50  never
        100     0  2027-02-02
  `)
})

test('a spending that comes before the sweep does its work', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.plan('2027-01-02', 100, '2027-02-02')
  await ada.spend('2027-02-03', 10, 'export 1')
  await ada.lapse('2027-02-04')
  expect(await ada.ledger()).toBe(unindented`
    date        kind    amount  balance  description
    2027-01-01  GRANT      +50       50  Sign-up gift
    2027-01-02  GRANT     +100      150  A month of Pro
    2027-02-03  EXPIRY    -100       50  Lapsed
    2027-02-03  SPEND      -10       40  Spent on export 1

    granted  left  lapses
         50    40  never
        100     0  2027-02-02
  `)
})

test('a refund gives a spending back to the lots it came from, once', async () => {
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

    granted  left  lapses
         30    30  2027-02-01
        100   100  never
  `)
})

test('of a refund what has lapsed meanwhile lapses now', async () => {
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
    2027-02-04  EXPIRY       -30      100  Lapsed

    granted  left  lapses
         30     0  2027-02-01
        100   100  never
  `)
})

test('a purchase is taken back before it was spent: its own lot goes', async () => {
  await ada.gift('2027-01-01', 50)
  await ada.buy('2027-01-02', 100, 'order 1')
  await ada.spend('2027-01-03', 20, 'export 1')
  expect(await ada.takeBack('2027-01-04', 'order 1')).toEqual({ taken: 100, owed: 0 })
  expect(await ada.takeBack('2027-01-05', 'order 1')).toEqual({ taken: 100, owed: 0 })
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  GRANT          +50       50  Sign-up gift
    2027-01-02  PURCHASE      +100      150  Bought 100 credits
    2027-01-03  SPEND          -20      130  Spent on export 1
    2027-01-04  REVOCATION    -100       30  Money back for order 1

    granted  left  lapses
         50    30  never
        100     0  never
  `)
})

test('a purchase is taken back after part of it was spent: other lots make it up', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 80, 'export 1')
  await ada.buy('2027-01-03', 100, 'order 2')
  expect(await ada.takeBack('2027-01-04', 'order 1')).toEqual({ taken: 100, owed: 0 })
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  PURCHASE      +100      100  Bought 100 credits
    2027-01-02  SPEND          -80       20  Spent on export 1
    2027-01-03  PURCHASE      +100      120  Bought 100 credits
    2027-01-04  REVOCATION    -100       20  Money back for order 1

    granted  left  lapses
        100     0  never
        100    20  never
  `)
})

test('a purchase is taken back after it was spent: what is missing is owed, until a release and a refund settle it', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 70, 'export 1')
  await ada.hold('2027-01-03', 20, 'video:1')
  expect(await ada.takeBack('2027-01-04', 'order 1')).toEqual({ taken: 10, owed: 90 })
  expect(await ada.takeBack('2027-01-04', 'order 1')).toEqual({ taken: 10, owed: 90 })
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

    granted  left  lapses
        100     0  never

    owed  settled
      90       90
  `)
})

test('what comes by a gift or a purchase settles nothing', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 100, 'export 1')
  await ada.takeBack('2027-01-03', 'order 1')
  await ada.buy('2027-01-04', 40, 'order 2')
  await ada.gift('2027-01-05', 10)
  expect(await ada.ledger()).toBe(unindented`
    date        kind      amount  balance  description
    2027-01-01  PURCHASE    +100      100  Bought 100 credits
    2027-01-02  SPEND       -100        0  Spent on export 1
    2027-01-04  PURCHASE     +40       40  Bought 40 credits
    2027-01-05  GRANT        +10       50  Sign-up gift

    granted  left  lapses
        100     0  never
         40    40  never
         10    10  never

    owed  settled
     100        0
  `)
})

test("a plan's credits are spent before gifts, although the gift is older", async () => {
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

    granted  left  lapses
         50    30  never
        100     0  2027-02-02
  `)
})

// The release counts every lot that lapses at that moment against what it brought, also those that it has not filled.
test('a release settles a debt with all that it brought, though another lot lapsed unseen', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.hold('2027-01-02', 100, 'video:1')
  await ada.takeBack('2027-01-03', 'order 1')
  await ada.plan('2027-01-04', 30, '2027-02-04')
  await ada.release('2027-02-05', 'video:1')
  expect(await owed()).toBe(0)
})

// The hold has the credits when the plan is taken back; that they lapsed on their return changes the debt no more.
test('nobody owes what has lapsed unspent, whether a hold ends before or after its lot is taken back', async () => {
  await ada.plan('2027-01-01', 30, '2027-02-01')
  await ada.hold('2027-01-02', 30, 'video:1')
  await ada.takeBack('2027-02-02', 'plan:2027-01-01')
  await ada.release('2027-02-03', 'video:1')
  expect(await owed()).toBe(0)
})

test('a refund that is reversed settles what is owed for it before it gives anything, once', async () => {
  await ada.buy('2027-01-01', 100, 'order 1')
  await ada.spend('2027-01-02', 70, 'export 1')
  await ada.takeBack('2027-01-03', 'order 1')
  await ada.gift('2027-01-04', 5)
  await ada.giveAnew('2027-01-05', 100, 'order 1')
  await ada.giveAnew('2027-01-06', 100, 'order 1')
  expect(await owed()).toBe(0)
  expect(await ada.ledger()).toBe(unindented`
    date        kind        amount  balance  description
    2027-01-01  PURCHASE      +100      100  Bought 100 credits
    2027-01-02  SPEND          -70       30  Spent on export 1
    2027-01-03  REVOCATION     -30        0  Money back for order 1
    2027-01-04  GRANT           +5        5  Sign-up gift
    2027-01-05  PURCHASE      +100      105  Again: order 1
    2027-01-05  REVOCATION     -70       35  Settled what was owed

    granted  left  lapses
        100     0  never
          5     5  never
        100    30  never

    owed  settled
      70       70
  `)
})

// The ledger puts 'revoke:' before the key, and a key has room for 250 characters.
test('what came under a long key can be taken back', async () => {
  const key = 'k'.repeat(250)
  await ada.buy('2027-01-01', 30, key)
  expect(await ada.takeBack('2027-01-02', key)).toEqual({ taken: 30, owed: 0 })
})
