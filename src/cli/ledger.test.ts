import { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'
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

/** Runs the command in this process; main.ts turns a failure into exit code 1. */
async function verify() {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addLedger(program, async () => ({ ...app.app, [Symbol.asyncDispose]: async () => undefined }))
  const failure = await program.parseAsync(['ledger', 'verify'], { from: 'user' }).then(
    () => null,
    (error: Error) => error.message,
  )
  const text = output.mock.calls.map(([part]) => String(part)).join('')
  output.mockRestore()
  return { rows: [...text.matchAll(/^│ (.+?) +│ (\d+) +│ (.*?) +│$/gm)].map((row) => row.slice(1)), text, failure }
}

test('verify lists all that must hold, and is content with an honest ledger', async () => {
  const { rows, text, failure } = await verify()
  expect(text).toMatch(/what must hold +│ lies │ example/)
  expect(rows).toContainEqual(['the entries of every transaction sum to zero', '0', ''])
  expect(rows.length).toBeGreaterThan(10)
  expect(rows.every(([, lies]) => lies === '0')).toBe(true)
  expect(failure).toBeNull()
})

test('verify says where the ledger was changed, goes on to the end, and fails', async () => {
  const client = await app.owner.connect()
  try {
    await client.query('BEGIN; SET LOCAL session_replication_role = replica')
    await client.query('UPDATE ledger_accounts SET balance = 1000 WHERE user_id = $1', [ada.userId])
    await client.query('COMMIT')
  } finally {
    client.release()
  }
  const { rows, failure } = await verify()
  expect(rows.filter(([, lies]) => lies !== '0')).toEqual([
    ["every wallet's balance is the sum of its entries", '1', `wallet of ${ada.userId}: 1000, entries 30`],
    ['the lots of every wallet hold its balance', '1', `wallet of ${ada.userId}: 1000, lots 30`],
  ])
  expect(rows.at(-1)?.[0]).toBe('no key was used twice by one person')
  expect(failure).toMatch(/^2 of \d+ do not hold/)
})

test('what is written while verify reads is no lie', async () => {
  const writeOn = async () => {
    for (let number = 1; number <= 20; number += 1) await ada.spend('2027-01-03', 1, `export ${number}`)
  }
  const [{ failure }] = await Promise.all([verify(), writeOn()])
  expect(failure).toBeNull()
})
