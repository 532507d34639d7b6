import packageJson from '../../../package.json' with { type: 'json' }
import type { Settings } from '../../config/config.ts'
import type { Log } from '../../platform/observability/log.ts'

/** Loads and starts OpenTelemetry, which adds 100 ms to the start, only if tracing is configured. */
export async function beginTracing({ tracing }: Settings, log: Log): Promise<AsyncDisposable | null> {
  if (!tracing) return null
  const { startTracing } = await import('../../platform/observability/start-tracing.ts')
  return startTracing(tracing, { version: packageJson.version, log })
}
