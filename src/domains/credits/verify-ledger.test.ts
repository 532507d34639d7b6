import { afterAll, beforeAll, expect, test } from 'vitest'
import { CreditTransactionKind } from '../../generated/prisma/enums.ts'
import type { Ask } from '../../platform/database/snapshot.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { openWallet } from '../../testing/wallet-steps.ts'
import { checkInvariants, verifyLedger } from './verify-ledger.ts'

/** An honest ledger, that no test changes: each rolls back what it did. */
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  const wallet = await openWallet(app)
  await wallet.gift('2027-01-01', 50)
  await wallet.plan('2027-01-02', 30, '2027-02-02')
  await wallet.buy('2027-01-03', 100, 'order 1')
  await wallet.buy('2027-01-04', 10, 'order 2')
  await wallet.spend('2027-01-05', 20, 'export 1')
  await wallet.takeBack('2027-01-06', 'order 2')
  await wallet.hold('2027-01-07', 40, 'video:part')
  await wallet.capture('2027-01-08', 'video:part', 15)
  await wallet.hold('2027-01-09', 25, 'video:failed')
  await wallet.spend('2027-01-10', 100, 'export 2')
  await wallet.takeBack('2027-01-11', 'order 1')
  await wallet.release('2027-01-12', 'video:failed')
  await wallet.gift('2027-01-13', 20)
  await wallet.hold('2027-01-14', 5, 'video:running')
  await wallet.plan('2027-02-01', 30, '2027-03-01')
  await wallet.refund('2027-02-02', 'export 1')
  await wallet.lapse('2027-03-01')
  const other = await openWallet(app, 'grace@example.com')
  await other.gift('2027-01-01', 50)
  await openWallet(app, 'nobody@example.com')
})
afterAll(() => app[Symbol.asyncDispose]())

interface Tampering {
  /** The invariant that it breaks, first of all. */
  readonly breaks: string
  /** SQL, run with triggers and foreign keys off. */
  readonly by: string
  /** SQL of what the example says. */
  readonly example: string
}

/** Of Ada's transactions only: the keys are hers alone. */
const idOf = (key: string) => `(SELECT id FROM credit_transactions WHERE key = '${key}')`
const ada = `(SELECT user_id FROM credit_transactions WHERE key = 'export 1')`

const tamperings: readonly Tampering[] = [
  {
    breaks: 'the entries of every transaction sum to zero',
    by: `UPDATE ledger_entries SET amount = amount + 1
         WHERE transaction_id = ${idOf('export 1')} AND account_id = ledger_account('SPENDING')`,
    example: `SELECT 'transaction ' || ${idOf('export 1')} || ': 1'`,
  },
  {
    breaks: 'every transaction has entries, which say of the wallet what it says',
    by: `DELETE FROM ledger_entries WHERE transaction_id = ${idOf('export 1')}`,
    example: `SELECT 'transaction ' || ${idOf('export 1')}`,
  },
  {
    breaks: "every wallet's balance is the sum of its entries",
    by: `UPDATE ledger_accounts SET balance = balance + 1000 WHERE user_id = ${ada}`,
    example: `SELECT 'wallet of ' || ${ada} || ': 1015, entries 15'`,
  },
  {
    breaks: 'every balance after is the one before and the amount, without a gap',
    by: `UPDATE credit_transactions SET balance_after = balance_after + 1 WHERE key = 'export 1'`,
    example: `SELECT 'transaction ' || ${idOf('export 1')}`,
  },
  {
    breaks: 'every wallet knows its newest transaction',
    by: `UPDATE ledger_accounts SET last_sequence = last_sequence + 1 WHERE user_id = ${ada}`,
    example: `SELECT 'wallet of ' || ${ada}`,
  },
  {
    breaks: 'every grant has one lot, of its person, its amount and its end',
    by: `UPDATE credit_lots SET expires_at = 'infinity' WHERE id = ${idOf('plan:2027-02-01')}`,
    example: `SELECT 'grant ' || ${idOf('plan:2027-02-01')}`,
  },
  {
    breaks: 'every lot has left what its movements say',
    by: `UPDATE credit_lots SET remaining = remaining + 1 WHERE id = ${idOf('order 1')}`,
    example: `SELECT 'lot ' || ${idOf('order 1')} || ': 1, movements 0'`,
  },
  {
    breaks: "every transaction's movements are what it did to the wallet",
    by: `DELETE FROM credit_lot_movements WHERE transaction_id = ${idOf('export 1')}`,
    example: `SELECT 'transaction ' || ${idOf('export 1')}`,
  },
  {
    breaks: 'the lots of every wallet hold its balance',
    by: `UPDATE credit_lots SET remaining = remaining + 1 WHERE id = ${idOf('order 1')}`,
    example: `SELECT 'wallet of ' || ${ada} || ': 15, lots 16'`,
  },
  {
    breaks: 'what is held is what the account of holds has',
    by: `UPDATE credit_holds SET amount = amount + 1 WHERE reference = 'video:running'`,
    example: `SELECT 'holds 6, account 5'`,
  },
  {
    breaks: 'every hold has the transactions of its state',
    by: `UPDATE credit_holds SET captured = captured + 1 WHERE reference = 'video:part'`,
    example: `SELECT 'hold video:part'`,
  },
  {
    breaks: 'every debt was settled by transactions',
    by: `UPDATE credit_debts SET settled = owed`,
    example: `SELECT 'debt ' || id FROM credit_debts`,
  },
  {
    breaks: 'what a taken back grant could not give is owed, and what lapses of it then is forgiven',
    by: `UPDATE credit_debts SET owed = owed + 1`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'what a taken back grant could not give is owed, and what lapses of it then is forgiven',
    by: `DELETE FROM credit_debts`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'what a taken back grant could not give is owed, and what lapses of it then is forgiven',
    by: `UPDATE credit_debts SET forgiven = forgiven + 1`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'what a taken back grant could not give is owed, and what lapses of it then is forgiven',
    by: `UPDATE credit_debts SET account_id = ledger_account('GIFTS')`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'no key was used twice by one person',
    by: `DROP INDEX credit_transactions_user_id_key_key;
         UPDATE credit_transactions SET key = 'export 1' WHERE key = 'export 2'`,
    example: `SELECT 'key export 1 of ' || user_id FROM credit_holds LIMIT 1`,
  },
]

/** What the check says of the ledger with the change, which is then undone. The runtime role could tamper with nothing. */
async function verdictsAfter({ by, example }: Tampering) {
  const client = await app.owner.connect()
  const ask: Ask = async (sql) => (await client.query(sql)).rows
  try {
    await client.query(`BEGIN; SET LOCAL session_replication_role = replica; ${by}`)
    const [row] = await ask<{ example: string }>(`SELECT (${example}) AS example`)
    return { verdicts: await checkInvariants(ask), example: row?.example }
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

test('an honest ledger with every kind of transaction has no lies', async () => {
  const kinds = await app.app.db.prisma.creditTransaction.groupBy({ by: ['kind'] })
  expect(kinds.map(({ kind }) => kind).sort()).toEqual(Object.values(CreditTransactionKind).sort())
  const verdicts = await verifyLedger(app.app.db)
  expect(verdicts.filter(({ lies, example }) => lies > 0 || example !== null)).toEqual([])
})

test('there is a tampering for every invariant', async () => {
  const verdicts = await verifyLedger(app.app.db)
  expect([...new Set(tamperings.map(({ breaks }) => breaks))]).toEqual(verdicts.map(({ name }) => name))
})

test.each(tamperings)('it is found when no longer true: $breaks ($by)', async (tampering) => {
  const { verdicts, example } = await verdictsAfter(tampering)
  expect(verdicts.find(({ name }) => name === tampering.breaks)).toEqual({ name: tampering.breaks, lies: 1, example })
})
