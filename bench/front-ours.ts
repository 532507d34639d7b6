import { createAdapters } from '../src/app/adapters.ts'
import { createApp } from '../src/app/app.ts'
import { createHealth } from '../src/app/health/health.ts'
import { createRequestHandlers } from '../src/app/http/handlers.ts'
import { startHttpServer } from '../src/app/http/server.ts'
import { type Config, readSettings } from '../src/config/config.ts'
import { readEnvironment } from '../src/config/env.ts'
import { systemClock } from '../src/platform/clock.ts'
import { createLog } from '../src/platform/observability/log.ts'
import { reportUsage } from './measured-process.ts'

/** Our server as in production, with its log, but without rate limits per client. */
const settings = readSettings(readEnvironment()) as Config
const unlimited = { points: 1_000_000_000, seconds: 60 }
const limits = { ...settings.limits, requestsPerAddress: unlimited, requestsPerUser: unlimited, costPerUser: unlimited }
const config = { ...settings, limits }
const log = createLog({ level: config.logLevel, pretty: false })
const health = createHealth()
const httpServer = await startHttpServer({ ...config, log, health })
const app = createApp({ config, adapters: createAdapters(config), log, clock: systemClock })
httpServer.open(createRequestHandlers(app, null))
health.begin(app)
reportUsage(httpServer.port)
