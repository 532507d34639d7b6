import { pendingMigrations } from '../../platform/database/migrate.ts'
import { readQueue } from '../../platform/queue/read-queue.ts'
import { remembered } from '../../platform/remembered.ts'
import { within } from '../../platform/within.ts'
import type { App } from '../app.ts'

/** Of a part: it works; it does not, or not within a second; nobody has looked yet. */
export type Finding = 'ok' | 'failed' | 'unknown'

export type Findings = Readonly<Record<'database' | 'storage' | 'queue' | 'migrations', Finding>>

export const nothingKnown: Findings = {
  database: 'unknown',
  storage: 'unknown',
  queue: 'unknown',
  migrations: 'unknown',
}

const checkMs = 1_000
/** Health may be asked by anybody, as often as they like. */
const cacheMs = 5_000
/** A job that is due and nobody works on: then no worker is there, or they are far behind. */
const latestJobSeconds = 15 * 60

/** Looks at every part at once; each is bounded to a second and looked at every five at most. */
export function createHealthChecks({ db, adapters }: Pick<App, 'db' | 'adapters'>): () => Promise<Findings> {
  const { pool } = db
  const check = (works: () => Promise<boolean>) =>
    remembered(cacheMs, () =>
      within(checkMs, works()).then(
        (isFine): Finding => (isFine ? 'ok' : 'failed'),
        (): Finding => 'failed',
      ),
    )
  const checks = {
    database: check(async () => (await pool.query('SELECT')).rowCount === 1),
    // An object that is not there; whatever else is wrong, the bucket, its key or the way to it, is an error.
    storage: check(async () => (await adapters.bucketProbe.readStart('health/nothing', 1)) === null),
    queue: check(async () => (await readQueue(pool)).oldestSeconds < latestJobSeconds),
    migrations: check(async () => (await pendingMigrations({ pool })).length === 0),
  }
  return async () => {
    const [database, storage, queue, migrations] = await Promise.all([
      checks.database(),
      checks.storage(),
      checks.queue(),
      checks.migrations(),
    ])
    return { database, storage, queue, migrations }
  }
}
