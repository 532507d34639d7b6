import type { Pool } from 'pg'
import { addCronJob, cronMatcher } from '../compat/graphile-worker/cron-jobs.ts'
import type { CronEntry } from './define-job.ts'
import { storedPriorityOf } from './lanes.ts'

const minuteMs = 60_000
/** No schedule waits longer than a month. */
const longestMs = 31 * 24 * 60 * minuteMs

/**
 * Adds the jobs of the crontab that were due after `since` (default: a month ago), each once however often it was due,
 * and resolves to their names. What was added is stored by one conditional statement for each job: a second call, or a
 * worker that ticks meanwhile, adds nothing twice.
 */
export async function tickCron(
  pool: Pick<Pool, 'query'>,
  crontab: readonly CronEntry[],
  now: Date,
  since: Date = new Date(now.getTime() - longestMs),
): Promise<readonly string[]> {
  const added: string[] = []
  for (const { job, schedule } of crontab) {
    const due = latestDue(schedule, now, since)
    if (!due) continue
    const { name, maxAttempts, lane } = job
    const priority = storedPriorityOf(lane, job.priority, false)
    if (await addCronJob(pool, { name, due, maxAttempts, priority })) added.push(name)
  }
  return added
}

/** The last minute, after `since`, at which it was due; crontabs are in UTC. */
function latestDue(schedule: string, now: Date, since: Date): Date | null {
  const isDue = cronMatcher(schedule)
  const minute = Math.floor(now.getTime() / minuteMs) * minuteMs
  for (let at = minute; at > since.getTime(); at -= minuteMs) {
    if (isDue(new Date(at))) return new Date(at)
  }
  return null
}
