import { createAdapters } from '../app/adapters.ts'
import { createApp } from '../app/app.ts'
import { isComplete, readSettings } from '../config/config.ts'
import type { Environment } from '../config/env.ts'
import { systemClock } from '../platform/clock.ts'
import { runJobs } from '../platform/jobs/run-jobs.ts'
import { createLog } from '../platform/observability/log.ts'

/**
 * A worker process with its own heartbeat times, so that other workers take over its jobs sooner than after production's
 * 80 s. The argument is JSON: the environment and the heartbeat times.
 */
const { env, heartbeat } = JSON.parse(process.argv[2] ?? '') as {
  readonly env: Environment
  readonly heartbeat: { readonly beatMs: number; readonly deadAfterMs: number }
}
const config = readSettings(env)
if (!isComplete(config)) throw new Error('The environment does not configure every service.')
const log = createLog({ level: 'info', pretty: false })
const app = createApp({ config, adapters: createAdapters(config), log, clock: systemClock })
await runJobs({
  directUrl: config.database.directUrl,
  handlers: app.jobs(),
  cron: app.cron,
  concurrency: config.jobConcurrency,
  log,
  heartbeat,
})
log.info('working')
