import { createAdapters } from '../app/adapters.ts'
import { type App, createApp } from '../app/app.ts'
import { isComplete, readSettings } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'
import { systemClock } from '../platform/clock.ts'
import { silentLog } from '../platform/watching/log.ts'

/**
 * The app of whatever the environment names: in production, and wherever nothing is left to embed, over that alone; else
 * over the parts of the running development server, or such as are started for as long as it is open.
 */
export async function openApp(): Promise<App> {
  const settings = readSettings(readEnvironment())
  if (isComplete(settings)) {
    return createApp({ config: settings, adapters: createAdapters(settings), log: silentLog, clock: systemClock })
  }
  if (settings.mode === 'production') throw new Error('The environment names no database, bucket, Clerk or keys.')
  const { openDevelopmentApp } = await import('../dev/app.ts')
  return openDevelopmentApp(settings)
}
