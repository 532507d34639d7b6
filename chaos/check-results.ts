import { setTimeout as sleep } from 'node:timers/promises'
import plans from '../src/domains/billing/plans/plans.json' with { type: 'json' }
import { verifyLedger } from '../src/domains/credits/index.ts'
import { decodeGlobalId } from '../src/graphql/ids.ts'
import { createDatabase } from '../src/platform/database/db.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { checkVideos, spentOnVideos } from './check-videos.ts'
import type { ChaosEnvironment } from './environment.ts'
import type { Acknowledged } from './load.ts'

/** A condition, how many items were checked, and how many do not fulfil it. */
export interface CheckResult {
  readonly what: string
  readonly checked: number
  readonly wrong: number
}

/**
 * Waits until no job is left that can still run and returns the number of jobs left at the timeout. The other checks find
 * the effects of failed jobs.
 */
export async function waitForJobs({ pool }: ChaosEnvironment, timeoutMs: number): Promise<number> {
  for (const deadline = Date.now() + timeoutMs; ; await sleep(250)) {
    const { rows } = await pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM graphile_worker.jobs WHERE run_at <= now() OR attempts > 0`,
    )
    const left = rows[0]?.n ?? 0
    if (left === 0 || Date.now() > deadline) return left
  }
}

/** Compares the database with what the server has acknowledged. */
export async function checkResults(
  environment: ChaosEnvironment,
  done: Acknowledged,
  jobsLeft: number,
): Promise<CheckResult[]> {
  const { pool } = environment
  const count = async (sql: string, values: unknown[] = []) =>
    (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM (${sql}) AS found`, values)).rows[0]?.n ?? 0
  const url = environment.env.DIRECT_URL ?? ''
  await using db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
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
  for (const { id } of environment.users) {
    const granted = done.grants.filter(({ userId }) => userId === id).reduce((sum, { amount }) => sum + amount, 0)
    const bought = done.purchases.filter(({ userId }) => userId === id).length * pack
    const { rows } = await pool.query<{ balance: number }>(
      `SELECT balance::int FROM ledger_accounts WHERE user_id = $1 AND kind = 'WALLET'`,
      [id],
    )
    const spent = await spentOnVideos(environment, id)
    if ((rows[0]?.balance ?? 0) !== granted + bought - spent) wrongWallets += 1
  }
  const events = [...done.clerkEvents, ...done.purchases.map(({ eventId }) => eventId)]
  const processed = await count(`SELECT FROM inbox_events WHERE event_id = ANY($1::text[]) AND state = 'PROCESSED'`, [
    events,
  ])
  const counters = await count(
    `SELECT FROM usage_counters AS c WHERE meter = 'STORAGE_BYTES' AND used <> (
       SELECT coalesce(sum(byte_size), 0) FROM uploads WHERE user_id = c.user_id AND status IN ('PENDING', 'READY')) + (
       SELECT coalesce(sum(coalesce(byte_size, 0) + reserved_bytes), 0) FROM videos WHERE user_id = c.user_id)`,
  )
  let wrongProfiles = 0
  for (const { id } of environment.users) {
    const { rows } = await pool.query<{ first_name: string; time_zone: string }>(
      'SELECT first_name, time_zone FROM users WHERE id = $1',
      [id],
    )
    if (rows[0]?.time_zone !== done.timeZones.get(id) || rows[0]?.first_name !== done.names.get(id)) wrongProfiles += 1
  }
  const users = environment.users.length
  return [
    { what: 'completed uploads are READY and read', checked: uploads.length, wrong: uploads.length - read },
    { what: 'wallets hold what was granted and bought, without what videos cost', checked: users, wrong: wrongWallets },
    { what: 'webhook events were applied', checked: events.length, wrong: events.length - processed },
    { what: 'profiles have the last acknowledged values', checked: users, wrong: wrongProfiles },
    { what: 'storage counters equal the uploads and the videos', checked: users, wrong: counters },
    {
      what: 'invariants of the ledger hold',
      checked: ledger.length,
      wrong: ledger.filter(({ mismatches }) => mismatches > 0).length,
    },
    ...(await checkVideos(environment, done)),
    { what: 'no jobs are left', checked: jobsLeft, wrong: jobsLeft },
  ]
}
