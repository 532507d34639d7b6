import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as uuidv7 } from 'uuid'
import { renderTable } from '../src/cli/terminal/table.ts'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { spend, verifyLedger } from '../src/domains/credits/index.ts'
import { createDatabase, type Database } from '../src/platform/database/db.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { percentile } from './percentile.ts'
import { createUser, giveLots, writeHistory } from './wallets.ts'

const entries = 100_000
const fewLots = { lots: 50, each: 1_000 }
const manyLots = { lots: 10_000, each: 1 }
const rounds = 40
const spendsOfRound = 50

/**
 * Measures a spend of one credit in its own transaction: from a new wallet in each round, from a wallet with a long
 * history, and from one that also has many lots. In turns, so that other load on the machine affects all equally.
 */
export async function ledger(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-bench-'))
  try {
    // Not durable: the time of the disk is the same for all and would hide differences.
    await using postgres = await startPostgres({ dataDir: folder, durable: false })
    const url = postgres.url()
    await migrate({ url })
    await using db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
    return await measure(db)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(db: Database): Promise<string> {
  const [long, broad] = [await createUser(db), await createUser(db)]
  for (const user of [long, broad]) await writeHistory(db, user, entries)
  await giveLots(db, long, fewLots)
  await giveLots(db, broad, manyLots)
  await db.pool.query('ANALYZE')
  const verified = await timeOfVerifying(db)

  const candidates = [
    { name: 'a new wallet', wallet: () => newWallet(db), times: [] as number[] },
    { name: `${count(entries)} entries`, wallet: async () => long, times: [] as number[] },
    {
      name: `${count(entries)} entries, ${count(manyLots.lots)} open lots`,
      wallet: async () => broad,
      times: [] as number[],
    },
  ]
  for (let round = -5; round < rounds; round += 1) {
    for (const { wallet, times } of candidates) {
      const user = await wallet()
      for (let spends = 0; spends < spendsOfRound; spends += 1) {
        const took = await timeOfSpend(db, user)
        if (round >= 0) times.push(took)
      }
    }
  }
  const medianOfNew = percentile(candidates[0]?.times ?? [], 0.5)
  const rows = candidates.map(({ name, times }) => [
    name,
    percentile(times, 0.5).toFixed(2),
    percentile(times, 0.99).toFixed(2),
    `${(percentile(times, 0.5) / medianOfNew).toFixed(2)} ×`,
  ])
  const statements = await statementsOfSpend(db, long)
  return [
    renderTable(['a spend from', 'ms, p50', 'ms, p99', 'ratio'], rows),
    `${statements} statement per spend, between BEGIN and COMMIT; ${count(rounds * spendsOfRound)} spends each.`,
    `ledger verify on both long wallets: no mismatch, ${(verified / 1_000).toFixed(1)} s.`,
  ].join('\n')
}

async function newWallet(db: Database): Promise<string> {
  const user = await createUser(db)
  await giveLots(db, user, fewLots)
  return user
}

async function timeOfSpend(db: Database, userId: string): Promise<number> {
  const key = uuidv7()
  const began = performance.now()
  await db.transaction((tx) => spend(tx, { userId, amount: 1, key, description: 'Spent', now: new Date() }))
  return performance.now() - began
}

async function statementsOfSpend(db: Database, userId: string): Promise<number> {
  const statements: string[] = []
  db.prisma.$on('query', ({ query }) => statements.push(query))
  await timeOfSpend(db, userId)
  return statements.filter((sql) => !/^(BEGIN|COMMIT)/.test(sql)).length
}

async function timeOfVerifying(db: Database): Promise<number> {
  const began = performance.now()
  const broken = (await verifyLedger(db)).filter(({ mismatches }) => mismatches > 0)
  if (broken.length > 0) throw new Error(`The generated history violates invariants: ${JSON.stringify(broken)}`)
  return performance.now() - began
}

const count = (number: number) => number.toLocaleString('en')
