import packageJson from '../../../package.json' with { type: 'json' }
import type { Settings } from '../../config/config.ts'
import type { Log } from '../../platform/watching/log.ts'

/** Loads OpenTelemetry (100 ms of a start) where traces are configured; elsewhere nothing of it. */
export async function beginTracing({ tracing }: Settings, log: Log): Promise<AsyncDisposable | null> {
  if (!tracing) return null
  const { startTracing } = await import('../../platform/watching/start-tracing.ts')
  return startTracing(tracing, { version: packageJson.version, log })
}
