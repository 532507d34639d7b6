import { pendingMigrations } from '../../platform/database/migrate.ts'
import { readQueue } from '../../platform/jobs/read-queue.ts'
import { memoize } from '../../platform/memoize.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import type { App } from '../app.ts'
import { domains } from '../domains.ts'

/** The result of a check. 'failed' includes a timeout; 'unknown' means not checked yet. */
export type CheckResult = 'ok' | 'failed' | 'unknown'

/** The results by name: of the platform and of the checks that domains declare. */
export type CheckResults = Readonly<Record<string, CheckResult>>

const platformChecks = ['database', 'queue', 'migrations']

/** The results before the first check. */
export const unknownResults: CheckResults = Object.fromEntries(
  [...platformChecks, ...domains.flatMap(({ healthCheckNames }) => healthCheckNames)].map((part) => [part, 'unknown']),
)

/** The longest a check takes; then it is 'failed'. */
export const defaultCheckMs = 1_000
/** Anyone may request health at any rate, so results are cached. */
const cacheMs = 5_000
/**
 * If a due job waits longer than this, no worker runs, or the workers are far behind. Only the lane `default` is checked:
 * the crontab adds a job to it every five minutes, while jobs of other lanes may have to wait for work of minutes.
 */
const latestJobSeconds = 15 * 60

/** Runs all checks at once; each has a timeout and is cached for five seconds. */
export function createHealthChecks(
  { db, healthChecks }: Pick<App, 'db' | 'healthChecks'>,
  checkMs: number,
): () => Promise<CheckResults> {
  const { pool } = db
  const check = (runCheck: () => Promise<boolean>) =>
    memoize(cacheMs, () =>
      withTimeout(checkMs, runCheck()).then(
        (isHealthy): CheckResult => (isHealthy ? 'ok' : 'failed'),
        (): CheckResult => 'failed',
      ),
    )
  const checks = Object.entries({
    database: async () => (await pool.query('SELECT')).rowCount === 1,
    ...healthChecks,
    queue: async () => (await readQueue(pool)).default.oldestSeconds < latestJobSeconds,
    migrations: async () => (await pendingMigrations({ pool })).length === 0,
  }).map(([part, runCheck]) => [part, check(runCheck)] as const)
  return async () => {
    const results = await Promise.all(checks.map(async ([part, run]) => [part, await run()] as const))
    return Object.fromEntries(results)
  }
}
