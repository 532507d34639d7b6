import { createAdapters } from '../app/adapters.ts'
import { createApp } from '../app/app.ts'
import { crontab, jobHandlers } from '../app/jobs.ts'
import { isComplete, readSettings } from '../config/config.ts'
import type { Environment } from '../config/env.ts'
import { systemClock } from '../platform/clock.ts'
import { runJobs } from '../platform/queue/run-jobs.ts'
import { createLog } from '../platform/watching/log.ts'

/**
 * A worker as a process of its own whose jobs are given to others sooner than production's 80 s. Its one argument is JSON:
 * the environment, and the heartbeat's times.
 */
const { env, heartbeat } = JSON.parse(process.argv[2] ?? '') as {
  readonly env: Environment
  readonly heartbeat: { readonly beatMs: number; readonly silentMs: number }
}
const config = readSettings(env)
if (!isComplete(config)) throw new Error('The environment is not complete.')
const log = createLog({ level: 'info', pretty: false })
const app = createApp({ config, adapters: createAdapters(config), log, clock: systemClock })
await runJobs({
  directUrl: config.database.directUrl,
  handlers: jobHandlers(app),
  cron: crontab,
  concurrency: 4,
  log,
  heartbeat,
})
log.info('working')
