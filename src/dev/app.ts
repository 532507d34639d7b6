import { createAdapters } from '../app/adapters.ts'
import { type App, createApp } from '../app/app.ts'
import type { Settings } from '../config/config.ts'
import { hashExistingNames } from '../domains/billing/index.ts'
import { systemClock } from '../platform/clock.ts'
import { migrate } from '../platform/database/migrate.ts'
import { silentLog } from '../platform/observability/log.ts'
import { openStack } from './embedded/stack.ts'

/** Opens the app over the services of the running development server. Missing services run until the app is closed. */
export async function openDevelopmentApp(settings: Settings): Promise<App> {
  const stack = await openStack(settings, { join: true })
  const { config } = stack
  const before = [hashExistingNames(config.privacy.indexKey)]
  await migrate({ url: config.database.directUrl, before })
  const app = createApp({ config, adapters: createAdapters(config), log: silentLog, clock: systemClock })
  return {
    ...app,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      await stack[Symbol.asyncDispose]()
    },
  }
}
