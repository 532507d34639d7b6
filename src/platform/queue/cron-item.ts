import type { CronItem } from 'graphile-worker'
import { type CronEntry, maxAttempts } from './jobs.ts'

/**
 * How a job of the crontab waits: one row, however often it was due, which keeps the instant since when it is due. One
 * that is at work is left to it, and the next waits beside it.
 */
export const cronJob = (name: string) => ({ jobKey: name, jobKeyMode: 'preserve_run_at', maxAttempts }) as const

/** As the queue wants it. */
export function cronItem({ job, schedule }: CronEntry): CronItem {
  return { task: job.name, match: schedule, options: { backfillPeriod: 0, ...cronJob(job.name) } }
}
