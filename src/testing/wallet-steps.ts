import { capture, grant, hold, refund, reinstate, release, revoke, spend } from '../domains/credits/index.ts'
import type { Tx } from '../platform/database/db.ts'
import type { TestApp } from './app.ts'
import { createUser } from './factories.ts'
import { ledgerTable } from './ledger-table.ts'

/** Operations on the wallet of one user, each at noon (UTC) of the given day. */
export interface WalletSteps {
  readonly userId: string
  gift(day: string, amount: number): Promise<unknown>
  /** Grants the credits of a month of a plan. */
  plan(day: string, amount: number, expiresOn: string): Promise<unknown>
  buy(day: string, amount: number, key: string): Promise<unknown>
  spend(day: string, amount: number, key: string): Promise<unknown>
  refund(day: string, spendKey: string): Promise<unknown>
  hold(day: string, amount: number, reference: string): Promise<unknown>
  /** Captures the whole hold if no amount is given. */
  capture(day: string, reference: string, amount?: number): Promise<unknown>
  release(day: string, reference: string): Promise<unknown>
  revoke(day: string, grantKey: string): Promise<{ taken: number; owed: number }>
  /** Grants revoked credits again, under another key. */
  reinstate(day: string, amount: number, revokedKey: string): Promise<unknown>
  /** Runs the job that expires lots, for all wallets. */
  expireLots(day: string): Promise<void>
  /** See ledger-table.ts. */
  ledger(): Promise<string>
}

export const noonOf = (day: string): Date => new Date(`${day}T12:00:00.000Z`)

/** Creates a user. The first operation creates the wallet. */
export async function openWallet(app: TestApp, email = 'ada@example.com'): Promise<WalletSteps> {
  const { id: userId } = await createUser(app, email)
  const { db } = app.app
  const run = <Result>(work: (tx: Tx) => Promise<Result>) => db.transaction(work)
  return {
    userId,
    gift: (day, amount) =>
      run((tx) => {
        const key = `gift:${day}`
        return grant(tx, { userId, amount, source: 'GIFTS', key, description: 'Sign-up gift', now: noonOf(day) })
      }),
    plan: (day, amount, expiresOn) =>
      run((tx) => {
        const days = { now: noonOf(day), expiresAt: noonOf(expiresOn) }
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
    revoke: (day, grantKey) =>
      run((tx) => revoke(tx, { userId, grantKey, description: `Money back for ${grantKey}`, now: noonOf(day) })),
    reinstate: (day, amount, revokedKey) =>
      run((tx) => {
        const given = { userId, amount, source: 'PURCHASES', description: `Again: ${revokedKey}` } as const
        return reinstate(tx, { ...given, revokedKey, key: `${revokedKey} again`, now: noonOf(day) })
      }),
    async expireLots(day) {
      const before = app.now
      app.now = noonOf(day)
      await app.runJob('credits.expire-lots')
      app.now = before
    },
    ledger: () => ledgerTable(db.prisma, userId),
  }
}
