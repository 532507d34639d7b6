import { afterAll, beforeAll, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { render, unindented } from '../../../testing/ledger-table.ts'
import { creditsOf, deliverAndProcess, eventNow, noon, passTime, planOf } from '../../../testing/purchase-steps.ts'
import type { PurchaseFields } from '../../../testing/revenuecat-events.ts'
import { accessEndsAt, statusOf } from '../subscriptions/subscription-status.ts'

let app: TestApp
let ada: User
let ben: User
beforeAll(async () => {
  app = await startTestApp()
  ada = await createUser(app, 'ada@example.com')
  ben = await createUser(app, 'ben@example.com')
})
afterAll(() => app[Symbol.asyncDispose]())

const at = (day: string) => noon(day).getTime()

/** A period of the subscription, with its transaction, start and end. */
const period = (transaction_id: string, from: string, to: string, changes: PurchaseFields = {}) => ({
  app_user_id: ada.id,
  original_transaction_id: 'the subscription',
  transaction_id,
  purchased_at_ms: at(from),
  expiration_at_ms: at(to),
  ...changes,
})

/** The state at the current time of the app. */
async function stateAt(day: string, happens: string) {
  const row = await app.app.db.prisma.planSubscription.findUniqueOrThrow({ where: { key: 'the subscription' } })
  return {
    day,
    happens,
    status: statusOf(row, app.now),
    until: accessEndsAt(row)?.toISOString().slice(0, 10) ?? 'ever',
    renews: row.willRenew ? 'yes' : 'no',
    ada: `${await planOf(app, ada.id)} ${await creditsOf(app, ada.id)}`,
    ben: `${await planOf(app, ben.id)} ${await creditsOf(app, ben.id)}`,
  }
}

test('a subscription from its trial to its expiry', { timeout: 60_000 }, async () => {
  const pro = { product_id: 'pro_monthly', entitlement_ids: ['plus', 'pro'] }
  const rows: Awaited<ReturnType<typeof stateAt>>[] = []
  const on = async (day: string, happens: string, type: string | null, fields: PurchaseFields = {}) => {
    await passTime(app, noon(day))
    if (type !== null) await deliverAndProcess(app, eventNow(app, type, fields))
    rows.push(await stateAt(day, happens))
  }

  const trial = period('t1', '2030-01-01', '2030-01-15', { period_type: 'TRIAL' })
  const first = period('t2', '2030-01-15', '2030-02-15')
  const mended = period('t3', '2030-02-20', '2030-03-20')
  const better = period('t4', '2030-03-20', '2030-04-20', pro)
  const resumed = period('t5', '2030-06-20', '2030-07-20', pro)
  const ofBen = period('t6', '2030-07-20', '2030-08-20', { ...pro, app_user_id: ben.id })

  await on('2030-01-01', 'a trial begins', 'INITIAL_PURCHASE', trial)
  await on('2030-01-15', 'the first month is paid', 'RENEWAL', first)
  await on('2030-02-14', 'the month goes by', null)
  await on('2030-02-15', 'the card fails, with grace', 'BILLING_ISSUE', {
    ...first,
    grace_period_expiration_at_ms: at('2030-03-02'),
  })
  await on('2030-02-20', 'the card is mended', 'RENEWAL', mended)
  await on('2030-03-01', 'another product is chosen', 'PRODUCT_CHANGE', { ...mended, new_product_id: 'pro_monthly' })
  await on('2030-03-20', 'it renews as that', 'RENEWAL', better)
  await on('2030-04-01', 'cancelled', 'CANCELLATION', better)
  await on('2030-04-05', 'taken back', 'UNCANCELLATION', better)
  await on('2030-04-10', 'a pause is asked for', 'SUBSCRIPTION_PAUSED', {
    ...better,
    auto_resume_at_ms: at('2030-06-20'),
  })
  await on('2030-04-20', 'the pause begins', 'EXPIRATION', { ...better, expiration_reason: 'SUBSCRIPTION_PAUSED' })
  await on('2030-06-20', 'it resumes', 'RENEWAL', resumed)
  await on('2030-07-01', 'refunded', 'CANCELLATION', { ...resumed, cancel_reason: 'CUSTOMER_SUPPORT' })
  await on('2030-07-03', 'the refund is reversed', 'REFUND_REVERSED', resumed)
  await on('2030-07-10', 'transferred to Ben', 'TRANSFER', { transferred_from: [ada.id], transferred_to: [ben.id] })
  await on('2030-07-20', 'renews for Ben', 'RENEWAL', ofBen)
  await on('2030-08-20', 'nothing comes', null)
  await on('2030-08-23', 'expired', 'EXPIRATION', ofBen)

  const table = render(rows, [
    ['day', 'left', ({ day }) => day],
    ['what happens', 'left', ({ happens }) => happens],
    ['status', 'left', ({ status }) => status],
    ['access until', 'left', ({ until }) => until],
    ['renews', 'left', ({ renews }) => renews],
    ['Ada', 'left', (row) => row.ada],
    ['Ben', 'left', (row) => row.ben],
  ])
  expect(table).toBe(unindented`
    day         what happens                status        access until  renews  Ada        Ben
    2030-01-01  a trial begins              TRIALING      2030-01-15    yes     PLUS 0     FREE 0
    2030-01-15  the first month is paid     ACTIVE        2030-02-15    yes     PLUS 300   FREE 0
    2030-02-14  the month goes by           ACTIVE        2030-02-15    yes     PLUS 300   FREE 0
    2030-02-15  the card fails, with grace  GRACE_PERIOD  2030-03-02    yes     PLUS 0     FREE 0
    2030-02-20  the card is mended          ACTIVE        2030-03-20    yes     PLUS 300   FREE 0
    2030-03-01  another product is chosen   ACTIVE        2030-03-20    yes     PLUS 300   FREE 0
    2030-03-20  it renews as that           ACTIVE        2030-04-20    yes     PRO 1000   FREE 0
    2030-04-01  cancelled                   CANCELLED     2030-04-20    no      PRO 1000   FREE 0
    2030-04-05  taken back                  ACTIVE        2030-04-20    yes     PRO 1000   FREE 0
    2030-04-10  a pause is asked for        ACTIVE        2030-04-20    yes     PRO 1000   FREE 0
    2030-04-20  the pause begins            PAUSED        2030-04-20    no      FREE 0     FREE 0
    2030-06-20  it resumes                  ACTIVE        2030-07-20    yes     PRO 1000   FREE 0
    2030-07-01  refunded                    EXPIRED       2030-07-01    no      FREE 0     FREE 0
    2030-07-03  the refund is reversed      ACTIVE        2030-07-20    yes     PRO 1000   FREE 0
    2030-07-10  transferred to Ben          ACTIVE        2030-07-20    yes     FREE 1000  PRO 0
    2030-07-20  renews for Ben              ACTIVE        2030-08-20    yes     FREE 0     PRO 1000
    2030-08-20  nothing comes               EXPIRED       2030-08-20    yes     FREE 0     FREE 0
    2030-08-23  expired                     EXPIRED       2030-08-20    no      FREE 0     FREE 0
  `)
})
