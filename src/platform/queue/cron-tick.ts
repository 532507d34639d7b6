import { parseCronItem } from 'graphile-worker'
import type { Pool } from 'pg'
import { cronJob } from './cron-item.ts'
import type { CronEntry } from './jobs.ts'

const minuteMs = 60_000
/** No schedule waits longer than a month. */
const longestMinutes = 31 * 24 * 60

/**
 * Adds the jobs that the crontab has missed, each once however often it was due, and resolves to their names: for hosts
 * that sleep, where no worker watches the clock. It keeps the books that the worker keeps, by one conditional statement
 * a job: a second call, or a worker that wakes meanwhile, adds nothing twice.
 */
export async function tickCron(
  pool: Pick<Pool, 'query'>,
  crontab: readonly CronEntry[],
  now: Date,
): Promise<readonly string[]> {
  const queued: string[] = []
  for (const { job, schedule } of crontab) {
    const due = latestDue(schedule, now)
    if (!due) continue
    const { jobKey, jobKeyMode, maxAttempts } = cronJob(job.name)
    const { rowCount } = await pool.query(
      `WITH mine AS (
         INSERT INTO graphile_worker._private_known_crontabs AS known (identifier, known_since, last_execution)
         VALUES ($1, $2, $2)
         ON CONFLICT (identifier) DO UPDATE SET last_execution = excluded.last_execution
         WHERE coalesce(known.last_execution, known.known_since) < excluded.last_execution
         RETURNING identifier)
       SELECT graphile_worker.add_job(identifier, '{}', job_key => $3, job_key_mode => $4, max_attempts => $5)
       FROM mine`,
      [job.name, due, jobKey, jobKeyMode, maxAttempts],
    )
    if (rowCount) queued.push(job.name)
  }
  return queued
}

/** The last minute at which it was due; crontabs are in UTC. */
function latestDue(schedule: string, now: Date): Date | null {
  const { match } = parseCronItem({ task: 'due', match: schedule })
  const minute = Math.floor(now.getTime() / minuteMs)
  for (let back = 0; back <= longestMinutes; back += 1) {
    const at = new Date((minute - back) * minuteMs)
    const isDue = match({
      min: at.getUTCMinutes(),
      hour: at.getUTCHours(),
      date: at.getUTCDate(),
      month: at.getUTCMonth() + 1,
      dow: at.getUTCDay(),
    })
    if (isDue) return at
  }
  return null
}
