import { createAdapters } from '../app/adapters.ts'
import { type App, createApp } from '../app/app.ts'
import { isComplete, readSettings } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/observability/log.ts'

/**
 * Opens the app over the services that the environment configures. In development, missing services are those of the
 * running development server; if none is running, they are started until the app is closed.
 */
export async function openApp(): Promise<App> {
  const settings = readSettings(readEnvironment())
  if (isComplete(settings)) {
    return createApp({ config: settings, adapters: createAdapters(settings), log: silentLog, clock: systemClock })
  }
  if (settings.mode === 'production') throw new Error('The database, bucket, Clerk or keys are not configured.')
  const { openDevelopmentApp } = await import('../dev/app.ts')
  return openDevelopmentApp(settings)
}
