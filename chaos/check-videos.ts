import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import { sweepVideos } from '../src/domains/videos/job-types.ts'
import { decodeGlobalId } from '../src/graphql/ids.ts'
import { createDatabase } from '../src/platform/database/db.ts'
import { enqueue } from '../src/platform/jobs/define-job.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { listBucket } from '../src/testing/list-bucket.ts'
import type { CheckResult } from './check-results.ts'
import type { ChaosEnvironment } from './environment.ts'
import type { Acknowledged } from './load.ts'

/** Waits until each video has ended, with a sweep each second in place of one each five minutes. */
export async function finishVideos({ env, pool }: ChaosEnvironment, timeoutMs: number): Promise<void> {
  const url = env.DIRECT_URL ?? ''
  await using db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await sleep(1_000)) {
    const { rowCount } = await pool.query(`SELECT FROM videos WHERE status IN ('QUEUED', 'RENDERING')`)
    if (rowCount === 0) break
    await db.transaction((tx) => enqueue(tx, sweepVideos, {}, { key: 'chaos' }))
  }
  // The second removal of files is due 15 minutes after the first.
  await pool.query(`UPDATE graphile_worker._private_jobs SET run_at = now() FROM graphile_worker._private_tasks AS task
    WHERE task.id = task_id AND identifier = 'videos.remove-files' AND locked_at IS NULL`)
}

/** The credits that a user has spent on videos, by the holds. */
export async function spentOnVideos({ pool }: ChaosEnvironment, userId: string): Promise<number> {
  const { rows } = await pool.query<{ spent: number }>(
    `SELECT coalesce(sum(captured), 0)::int AS spent FROM credit_holds WHERE user_id = $1 AND state = 'CAPTURED'`,
    [userId],
  )
  return rows[0]?.spent ?? 0
}

/** Compares videos, their credits, their counters and their files with each other, and with what was acknowledged. */
export async function checkVideos({ pool, bucket }: ChaosEnvironment, done: Acknowledged): Promise<CheckResult[]> {
  const count = async (sql: string, values: unknown[] = []) =>
    (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM (${sql}) AS found`, values)).rows[0]?.n ?? 0
  const holds = await count(`SELECT FROM credit_holds WHERE reference LIKE 'video:%'`)
  const twofold = done.attempts.filter(({ ids }) => new Set(ids).size !== 1).length
  const unended = await count(
    `SELECT FROM credit_holds AS hold WHERE hold.reference LIKE 'video:%' AND (hold.state = 'HELD' OR (
       SELECT array_agg(kind::text ORDER BY kind::text) FROM credit_transactions WHERE reference = hold.reference)
       <> CASE hold.state WHEN 'CAPTURED' THEN ARRAY['CAPTURE', 'HOLD'] ELSE ARRAY['HOLD', 'RELEASE'] END)`,
  )
  const videos = await count('SELECT FROM videos')
  const wrongOutcomes = await count(
    `SELECT FROM videos WHERE reserved_bytes <> 0 OR (
       SELECT state::text FROM credit_holds WHERE reference = 'video:' || videos.id || ':' || videos.attempt)
       IS DISTINCT FROM CASE status WHEN 'READY' THEN 'CAPTURED' WHEN 'FAILED' THEN 'RELEASED'
         WHEN 'CANCELLED' THEN 'RELEASED' END`,
  )
  const deleted = done.deletedVideos.map((id) => decodeGlobalId(id)?.id)
  const notDeleted = await count('SELECT FROM videos WHERE id = ANY($1::uuid[])', [deleted])
  const users = await count(`SELECT DISTINCT user_id FROM credit_holds WHERE reference LIKE 'video:%'`)
  const wrongCounters = await count(
    `SELECT FROM usage_counters AS c WHERE meter = 'VIDEOS' AND used <> (
       SELECT count(*) FROM credit_holds WHERE user_id = c.user_id AND reference LIKE 'video:%' AND state = 'CAPTURED')`,
  )
  const { rows: ready } = await pool.query<{ folder: string; size: string }>(
    `SELECT concat_ws('/', 'videos', user_id, id, files_of_attempt, '') AS folder, byte_size AS size FROM videos
     WHERE files_of_attempt IS NOT NULL`,
  )
  const stored = new Map<string, number>()
  for (const [key, size] of await listBucket(bucket, 'videos/')) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1)
    stored.set(folder, (stored.get(folder) ?? 0) + size)
  }
  const wrongFiles = ready.filter(({ folder, size }) => stored.get(folder) !== Number(size)).length
  const known = new Set(ready.map(({ folder }) => folder))
  const leftFiles = [...stored.keys()].filter((folder) => !known.has(folder)).length
  return [
    { what: 'repeated requests for videos have one result', checked: done.attempts.length, wrong: twofold },
    {
      what: 'requested attempts held credits once',
      checked: done.attempts.length,
      wrong: Math.abs(done.attempts.length - holds),
    },
    { what: 'attempts spent or returned their credits once', checked: holds, wrong: unended },
    { what: 'only READY videos have spent credits', checked: videos, wrong: wrongOutcomes },
    { what: 'deleted videos do not exist', checked: deleted.length, wrong: notDeleted },
    { what: 'counters of videos equal the attempts that spent', checked: users, wrong: wrongCounters },
    {
      what: 'files of READY videos are in the bucket, and no others',
      checked: ready.length,
      wrong: wrongFiles + leftFiles,
    },
  ]
}

/** How the attempts have ended. */
export async function tableOfVideos({ pool }: ChaosEnvironment, done: Acknowledged): Promise<string> {
  const { rows } = await pool.query<{ what: string; n: string }>(
    `SELECT 'videos ' || status AS what, count(*) AS n FROM videos GROUP BY status
     UNION ALL SELECT 'attempts whose credits are ' || state, count(*) FROM credit_holds
       WHERE reference LIKE 'video:%' GROUP BY state
     UNION ALL SELECT 'workers that were killed in an attempt of a video', sum(interruptions) FROM videos
     ORDER BY what`,
  )
  const table = new Table({ head: ['videos', 'number'], style: { head: [], border: [] } })
  const retries = done.attempts.filter(({ isRetry }) => isRetry).length
  table.push(
    ['videos requested', done.attempts.length - retries],
    ['retries requested', retries],
    ['cancellations', done.cancelledVideos.length],
    ['deletions', done.deletedVideos.length],
    ...rows.map(({ what, n }) => [what, n]),
  )
  return table.toString()
}
