import { capture, grant, hold, refund, reinstate, release, revoke, spend } from '../domains/credits/index.ts'
import type { Tx } from '../platform/database/db.ts'
import type { TestApp } from './app.ts'
import { createPerson } from './factories.ts'
import { ledgerTable } from './ledger-table.ts'

/** What happens to one person's wallet, each at noon (UTC) of a day that is passed in. */
export interface WalletSteps {
  readonly userId: string
  gift(day: string, amount: number): Promise<unknown>
  /** A month of a plan. */
  plan(day: string, amount: number, lapsesOn: string): Promise<unknown>
  buy(day: string, amount: number, key: string): Promise<unknown>
  spend(day: string, amount: number, key: string): Promise<unknown>
  refund(day: string, spendKey: string): Promise<unknown>
  hold(day: string, amount: number, reference: string): Promise<unknown>
  /** All that is held without an amount. */
  capture(day: string, reference: string, amount?: number): Promise<unknown>
  release(day: string, reference: string): Promise<unknown>
  takeBack(day: string, grantKey: string): Promise<{ taken: number; owed: number }>
  /** The same again after it was taken back, under another key. */
  giveAnew(day: string, amount: number, revokedKey: string): Promise<unknown>
  /** Of every wallet, by the sweep. */
  lapse(day: string): Promise<void>
  /** See ledger-table.ts. */
  ledger(): Promise<string>
}

export const noonOf = (day: string): Date => new Date(`${day}T12:00:00.000Z`)

/** A new person, whose wallet is not there before the first step. */
export async function openWallet(app: TestApp, email = 'ada@example.com'): Promise<WalletSteps> {
  const { id: userId } = await createPerson(app, email)
  const { db } = app.app
  const run = <Result>(work: (tx: Tx) => Promise<Result>) => db.transaction(work)
  return {
    userId,
    gift: (day, amount) =>
      run((tx) => {
        const key = `gift:${day}`
        return grant(tx, { userId, amount, source: 'GIFTS', key, description: 'Sign-up gift', now: noonOf(day) })
      }),
    plan: (day, amount, lapsesOn) =>
      run((tx) => {
        const days = { now: noonOf(day), expiresAt: noonOf(lapsesOn) }
        return grant(tx, {
          userId,
          amount,
          source: 'PLANS',
          key: `plan:${day}`,
          description: 'A month of Pro',
          ...days,
        })
      }),
    buy: (day, amount, key) =>
      run((tx) => {
        const now = noonOf(day)
        return grant(tx, { userId, amount, source: 'PURCHASES', key, description: `Bought ${amount} credits`, now })
      }),
    spend: (day, amount, key) =>
      run((tx) => spend(tx, { userId, amount, key, description: `Spent on ${key}`, now: noonOf(day) })),
    refund: (day, spendKey) =>
      run((tx) => refund(tx, { userId, spendKey, description: `Refund of ${spendKey}`, now: noonOf(day) })),
    hold: (day, amount, reference) =>
      run((tx) => {
        const now = noonOf(day)
        const deadline = new Date(now.getTime() + 3_600_000)
        return hold(tx, { userId, amount, reference, description: `Held for ${reference}`, deadline, now })
      }),
    capture: (day, reference, amount) =>
      run((tx) => {
        const part = amount === undefined ? {} : { amount }
        return capture(tx, { reference, ...part, description: `Done: ${reference}`, now: noonOf(day) })
      }),
    release: (day, reference) =>
      run((tx) => release(tx, { reference, description: `Failed: ${reference}`, now: noonOf(day) })),
    takeBack: (day, grantKey) =>
      run((tx) => revoke(tx, { userId, grantKey, description: `Money back for ${grantKey}`, now: noonOf(day) })),
    giveAnew: (day, amount, revokedKey) =>
      run((tx) => {
        const given = { userId, amount, source: 'PURCHASES', description: `Again: ${revokedKey}` } as const
        return reinstate(tx, { ...given, revokedKey, key: `${revokedKey} again`, now: noonOf(day) })
      }),
    async lapse(day) {
      const before = app.now
      app.now = noonOf(day)
      await app.runJob('credits.expire-lots')
      app.now = before
    },
    ledger: () => ledgerTable(db.prisma, userId),
  }
}
