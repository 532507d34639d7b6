import type { JobRun } from '../platform/jobs/job-run.ts'
import { defaultJobConcurrency, type JobConcurrency } from '../platform/jobs/lanes.ts'

/** A run for calling a handler by hand: its signal is never aborted, and its steps are not stored. */
export function testRun(changes: Partial<JobRun> = {}): JobRun {
  return {
    signal: new AbortController().signal,
    attempt: 1,
    isLastAttempt: false,
    step: (_name, work) => work(),
    isFinished: () => false,
    progress: () => undefined,
    ...changes,
  }
}

/** The default concurrency, but for these lanes. */
export const concurrencyWith = (changes: Partial<JobConcurrency>): JobConcurrency => ({
  ...defaultJobConcurrency,
  ...changes,
})
