import { runJobs } from '../../platform/jobs/run-jobs.ts'
import type { App } from '../app.ts'

/** Runs the jobs of this process. If the job runner fails, the whole process is stopped and exits with 1. */
export async function startJobs(app: App, stop: (reason: string) => void): Promise<AsyncDisposable> {
  const jobs = await runJobs({
    directUrl: app.config.database.directUrl,
    handlers: app.jobs(),
    cron: app.cron,
    concurrency: app.config.jobConcurrency,
    log: app.log,
  })
  jobs.ended.then(
    () => stop('job runner stopped'),
    (error: unknown) => {
      app.log.fatal({ err: error }, 'job runner failed')
      process.exitCode = 1
      stop('job runner failed')
    },
  )
  return jobs
}
