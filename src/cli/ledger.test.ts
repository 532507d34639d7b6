import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { keepOpen, runCommand } from '../testing/run-command.ts'
import { openWallet, type WalletSteps } from '../testing/wallet-steps.ts'
import { addLedger } from './ledger.ts'

let app: TestApp
let ada: WalletSteps
beforeEach(async () => {
  app = await startTestApp()
  ada = await openWallet(app)
  await ada.gift('2027-01-01', 50)
  await ada.hold('2027-01-02', 20, 'video:1')
})
afterEach(() => app[Symbol.asyncDispose]())

async function verify() {
  const { output, failure } = await runCommand((program) => addLedger(program, keepOpen(app.app)), ['ledger', 'verify'])
  const rows = [...output.matchAll(/^│ (.+?) +│ (\d+) +│ (.*?) +│$/gm)].map((row) => row.slice(1))
  return { rows, output, failure }
}

test('verify lists all invariants and succeeds for a consistent ledger', async () => {
  const { rows, output, failure } = await verify()
  expect(output).toMatch(/invariant +│ mismatches │ example/)
  expect(rows).toContainEqual(['the entries of each transaction sum to zero', '0', ''])
  expect(rows.length).toBeGreaterThan(10)
  expect(rows.every(([, mismatches]) => mismatches === '0')).toBe(true)
  expect(failure).toBeNull()
})

test('verify finds a manipulated balance, checks all other invariants, and fails', async () => {
  const client = await app.owner.connect()
  try {
    await client.query('BEGIN; SET LOCAL session_replication_role = replica')
    await client.query('UPDATE ledger_accounts SET balance = 1000 WHERE user_id = $1', [ada.userId])
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  const { rows, failure } = await verify()
  expect(rows.filter(([, mismatches]) => mismatches !== '0')).toEqual([
    ['the balance of each wallet is the sum of its entries', '1', `wallet of ${ada.userId}: 1000, entries 30`],
    [
      'the balance of each wallet is the sum of what is left of its lots',
      '1',
      `wallet of ${ada.userId}: 1000, lots 30`,
    ],
  ])
  expect(rows.at(-1)?.[0]).toBe('each key is used once per user')
  expect(failure).toMatch(/^2 of \d+ invariants have mismatches/)
})

test('verify reports no mismatch for concurrent writes', async () => {
  const spendRepeatedly = async () => {
    for (let number = 1; number <= 20; number += 1) await ada.spend('2027-01-03', 1, `export ${number}`)
  }
  const [{ failure }] = await Promise.all([verify(), spendRepeatedly()])
  expect(failure).toBeNull()
})
