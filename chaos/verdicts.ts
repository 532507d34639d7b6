import { setTimeout as sleep } from 'node:timers/promises'
import plans from '../src/config/plans.json' with { type: 'json' }
import { verifyLedger } from '../src/domains/credits/index.ts'
import { decodeGlobalId } from '../src/graphql/ids.ts'
import { createDatabase } from '../src/platform/database/db.ts'
import { silentLog } from '../src/platform/watching/log.ts'
import type { House } from './house.ts'
import type { Acknowledged } from './load.ts'

/** What must hold, and how often it does not. */
export interface Verdict {
  readonly what: string
  readonly checked: number
  readonly wrong: number
}

/** Until no job is left that can still run; of those that were given up the rest of the verdicts tells. */
export async function settled({ pool }: House, patienceMs: number): Promise<number> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(250)) {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE run_at <= now() OR attempts > 0`,
    )
    const left = rows[0]?.n ?? 0
    if (left === 0 || Date.now() > deadline) return left
  }
}

export async function judge(house: House, done: Acknowledged, jobsLeft: number): Promise<Verdict[]> {
  const { pool } = house
  const count = async (sql: string, values: unknown[] = []) =>
    (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM (${sql}) AS found`, values)).rows[0]?.n ?? 0
  const url = house.env.DIRECT_URL ?? ''
  await using db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onHints: () => undefined })
  const ledger = await verifyLedger(db)

  const uploads = done.uploads.map(({ id }) => decodeGlobalId(id)?.id)
  const read = await count(
    `SELECT FROM uploads JOIN activities ON upload_id = uploads.id
     WHERE uploads.id = ANY($1::uuid[]) AND uploads.status = 'READY' AND activities.status = 'READY'`,
    [uploads],
  )
  const packs = plans.products.find(({ storeProducts }) => storeProducts.some((name) => name === 'credits_500'))
  const pack = packs && 'credits' in packs ? Number(packs.credits) : Number.NaN
  let wrongWallets = 0
  for (const { id } of house.people) {
    const granted = done.grants.filter(({ userId }) => userId === id).reduce((sum, { amount }) => sum + amount, 0)
    const bought = done.purchases.filter(({ userId }) => userId === id).length * pack
    const { rows } = await pool.query<{ balance: number }>(
      `SELECT balance::int FROM ledger_accounts WHERE user_id = $1 AND kind = 'WALLET'`,
      [id],
    )
    if ((rows[0]?.balance ?? 0) !== granted + bought) wrongWallets += 1
  }
  const events = [...done.clerkEvents, ...done.purchases.map(({ eventId }) => eventId)]
  const processed = await count(`SELECT FROM inbox_events WHERE event_id = ANY($1::text[]) AND state = 'PROCESSED'`, [
    events,
  ])
  const counters = await count(
    `SELECT FROM usage_counters AS c WHERE meter = 'STORAGE_BYTES' AND used <> (
       SELECT coalesce(sum(byte_size), 0) FROM uploads WHERE user_id = c.user_id AND status IN ('PENDING', 'READY'))`,
  )
  let wrongProfiles = 0
  for (const { id } of house.people) {
    const { rows } = await pool.query<{ first_name: string; time_zone: string }>(
      'SELECT first_name, time_zone FROM users WHERE id = $1',
      [id],
    )
    if (rows[0]?.time_zone !== done.timeZones.get(id) || rows[0]?.first_name !== done.names.get(id)) wrongProfiles += 1
  }
  const people = house.people.length
  return [
    { what: 'completed uploads are READY and read', checked: uploads.length, wrong: uploads.length - read },
    { what: 'wallets hold what was granted and bought', checked: people, wrong: wrongWallets },
    { what: 'webhook events were applied', checked: events.length, wrong: events.length - processed },
    { what: 'profiles say what was said last', checked: people, wrong: wrongProfiles },
    { what: 'storage counters equal the uploads', checked: people, wrong: counters },
    { what: 'promises of the ledger', checked: ledger.length, wrong: ledger.filter(({ lies }) => lies > 0).length },
    { what: 'jobs that are left', checked: jobsLeft, wrong: jobsLeft },
  ]
}
