import { runJobs } from '../../platform/queue/run-jobs.ts'
import type { App } from '../app.ts'
import { crontab, jobHandlers } from '../jobs.ts'

const jobConcurrency = 4

/** Runs the jobs of this process; where that cannot go on the whole process is stopped, and ends with 1. */
export async function startJobs(app: App, stop: (reason: string) => void): Promise<AsyncDisposable> {
  const jobs = await runJobs({
    directUrl: app.config.database.directUrl,
    handlers: jobHandlers(app),
    cron: crontab,
    concurrency: jobConcurrency,
    log: app.log,
  })
  jobs.ended.then(
    () => stop('the job runner ended'),
    (error: unknown) => {
      app.log.fatal({ err: error }, 'the job runner failed')
      process.exitCode = 1
      stop('the job runner failed')
    },
  )
  return jobs
}
