import { createAdapters } from '../src/app/adapters.ts'
import { createApp } from '../src/app/app.ts'
import { createHealth } from '../src/app/health/health.ts'
import { startFront } from '../src/app/server.ts'
import { createServices } from '../src/app/services.ts'
import { type Config, readSettings } from '../src/config/config.ts'
import { readEnvironment } from '../src/config/env.ts'
import { systemClock } from '../src/platform/clock.ts'
import { createLog } from '../src/platform/watching/log.ts'
import { tellUsage } from './measured-process.ts'

/** Our server as production runs it, its log too; only what one client may ask of it is without end. */
const settings = readSettings(readEnvironment()) as Config
const endless = { points: 1_000_000_000, seconds: 60 }
const limits = { ...settings.limits, requestsPerAddress: endless, requestsPerUser: endless, costPerUser: endless }
const config = { ...settings, limits }
const log = createLog({ level: config.logLevel, pretty: false })
const health = createHealth()
const front = await startFront({ ...config, log, health })
const app = createApp({ config, adapters: createAdapters(config), log, clock: systemClock })
front.open(createServices(app, null))
health.begin(app)
tellUsage(front.port)
