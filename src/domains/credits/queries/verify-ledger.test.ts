import { afterAll, beforeAll, expect, test } from 'vitest'
import { CreditTransactionKind } from '../../../generated/prisma/enums.ts'
import type { RunQuery } from '../../../platform/database/snapshot.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { openWallet } from '../../../testing/wallet-steps.ts'
import { checkInvariants, verifyLedger } from './verify-ledger.ts'

/** A ledger without mismatches. No test changes it: each rolls its changes back. */
let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  const wallet = await openWallet(app)
  await wallet.gift('2027-01-01', 50)
  await wallet.plan('2027-01-02', 30, '2027-02-02')
  await wallet.buy('2027-01-03', 100, 'order 1')
  await wallet.buy('2027-01-04', 10, 'order 2')
  await wallet.spend('2027-01-05', 20, 'export 1')
  await wallet.revoke('2027-01-06', 'order 2')
  await wallet.hold('2027-01-07', 40, 'video:part')
  await wallet.capture('2027-01-08', 'video:part', 15)
  await wallet.hold('2027-01-09', 25, 'video:failed')
  await wallet.spend('2027-01-10', 100, 'export 2')
  await wallet.revoke('2027-01-11', 'order 1')
  await wallet.release('2027-01-12', 'video:failed')
  await wallet.gift('2027-01-13', 20)
  await wallet.hold('2027-01-14', 5, 'video:running')
  await wallet.plan('2027-02-01', 30, '2027-03-01')
  await wallet.refund('2027-02-02', 'export 1')
  await wallet.expireLots('2027-03-01')
  const other = await openWallet(app, 'grace@example.com')
  await other.gift('2027-01-01', 50)
  await openWallet(app, 'nobody@example.com')
})
afterAll(() => app[Symbol.asyncDispose]())

interface Tampering {
  /** The invariant that it violates. */
  readonly breaks: string
  /** SQL, run with triggers and foreign keys off. */
  readonly by: string
  /** A SQL expression of the example that the check returns. */
  readonly example: string
}

/** Only for transactions of Ada: no other user has these keys. */
const idOf = (key: string) => `(SELECT id FROM credit_transactions WHERE key = '${key}')`
const ada = `(SELECT user_id FROM credit_transactions WHERE key = 'export 1')`

const tamperings: readonly Tampering[] = [
  {
    breaks: 'the entries of each transaction sum to zero',
    by: `UPDATE ledger_entries SET amount = amount + 1
         WHERE transaction_id = ${idOf('export 1')} AND account_id = ledger_account('SPENDING')`,
    example: `SELECT 'transaction ' || ${idOf('export 1')} || ': 1'`,
  },
  {
    breaks: 'each transaction has two entries, and that of the wallet equals its amount',
    by: `DELETE FROM ledger_entries WHERE transaction_id = ${idOf('export 1')}`,
    example: `SELECT 'transaction ' || ${idOf('export 1')}`,
  },
  {
    breaks: 'the balance of each wallet is the sum of its entries',
    by: `UPDATE ledger_accounts SET balance = balance + 1000 WHERE user_id = ${ada}`,
    example: `SELECT 'wallet of ' || ${ada} || ': 1015, entries 15'`,
  },
  {
    breaks: 'each balance after is the previous balance plus the amount, without a gap in the sequence',
    by: `UPDATE credit_transactions SET balance_after = balance_after + 1 WHERE key = 'export 1'`,
    example: `SELECT 'transaction ' || ${idOf('export 1')}`,
  },
  {
    breaks: 'each wallet has the sequence of its newest transaction',
    by: `UPDATE ledger_accounts SET last_sequence = last_sequence + 1 WHERE user_id = ${ada}`,
    example: `SELECT 'wallet of ' || ${ada}`,
  },
  {
    breaks: 'each grant has one lot with its user, amount and expiry',
    by: `UPDATE credit_lots SET expires_at = 'infinity' WHERE id = ${idOf('plan:2027-02-01')}`,
    example: `SELECT 'grant ' || ${idOf('plan:2027-02-01')}`,
  },
  {
    breaks: 'what is left of each lot is the sum of its movements',
    by: `UPDATE credit_lots SET remaining = remaining + 1 WHERE id = ${idOf('order 1')}`,
    example: `SELECT 'lot ' || ${idOf('order 1')} || ': 1, movements 0'`,
  },
  {
    breaks: 'the movements of each transaction sum to its amount',
    by: `DELETE FROM credit_lot_movements WHERE transaction_id = ${idOf('export 1')}`,
    example: `SELECT 'transaction ' || ${idOf('export 1')}`,
  },
  {
    breaks: 'the balance of each wallet is the sum of what is left of its lots',
    by: `UPDATE credit_lots SET remaining = remaining + 1 WHERE id = ${idOf('order 1')}`,
    example: `SELECT 'wallet of ' || ${ada} || ': 15, lots 16'`,
  },
  {
    breaks: 'open holds sum to the balance of the holds account',
    by: `UPDATE credit_holds SET amount = amount + 1 WHERE reference = 'video:running'`,
    example: `SELECT 'holds 6, account 5'`,
  },
  {
    breaks: 'each hold has the transactions of its state',
    by: `UPDATE credit_holds SET captured = captured + 1 WHERE reference = 'video:part'`,
    example: `SELECT 'hold video:part'`,
  },
  {
    breaks: 'the settled part of each debt is the sum of its transactions',
    by: `UPDATE credit_debts SET settled = owed`,
    example: `SELECT 'debt ' || id FROM credit_debts`,
  },
  {
    breaks: 'the debt of a revoked grant is what the wallet could not pay, and what expires later is forgiven',
    by: `UPDATE credit_debts SET owed = owed + 1`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'the debt of a revoked grant is what the wallet could not pay, and what expires later is forgiven',
    by: `DELETE FROM credit_debts`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'the debt of a revoked grant is what the wallet could not pay, and what expires later is forgiven',
    by: `UPDATE credit_debts SET forgiven = forgiven + 1`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'the debt of a revoked grant is what the wallet could not pay, and what expires later is forgiven',
    by: `UPDATE credit_debts SET account_id = ledger_account('GIFTS')`,
    example: `SELECT 'grant ' || ${idOf('order 1')}`,
  },
  {
    breaks: 'each key is used once per user',
    by: `DROP INDEX credit_transactions_user_id_key_key;
         UPDATE credit_transactions SET key = 'export 1' WHERE key = 'export 2'`,
    example: `SELECT 'key export 1 of ' || user_id FROM credit_holds LIMIT 1`,
  },
]

/** The verdicts after the change, which is rolled back. Runs as the owner: the runtime role lacks these privileges. */
async function verdictsAfter({ by, example }: Tampering) {
  const client = await app.owner.connect()
  const query: RunQuery = async (sql) => (await client.query(sql)).rows
  try {
    await client.query(`BEGIN; SET LOCAL session_replication_role = replica; ${by}`)
    const [row] = await query<{ example: string }>(`SELECT (${example}) AS example`)
    return { verdicts: await checkInvariants(query), example: row?.example }
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

test('verifyLedger finds no mismatches in a ledger with every kind of transaction', async () => {
  const kinds = await app.app.db.prisma.creditTransaction.groupBy({ by: ['kind'] })
  expect(kinds.map(({ kind }) => kind).sort()).toEqual(Object.values(CreditTransactionKind).sort())
  const verdicts = await verifyLedger(app.app.db)
  expect(verdicts.filter(({ mismatches, example }) => mismatches > 0 || example !== null)).toEqual([])
})

test('every invariant has a test', async () => {
  const verdicts = await verifyLedger(app.app.db)
  expect([...new Set(tamperings.map(({ breaks }) => breaks))]).toEqual(verdicts.map(({ name }) => name))
})

test.each(tamperings)('verifyLedger reports a mismatch: $breaks ($by)', async (tampering) => {
  const { verdicts, example } = await verdictsAfter(tampering)
  expect(verdicts.find(({ name }) => name === tampering.breaks)).toEqual({
    name: tampering.breaks,
    mismatches: 1,
    example,
  })
})
