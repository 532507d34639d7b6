import type { Settings } from '../../config/config.ts'
import { type Check, failed, ok } from './finding.ts'

const what = 'collector of traces'
const todo = 'Check OTEL_EXPORTER_OTLP_ENDPOINT, without /v1/traces behind it, and OTEL_EXPORTER_OTLP_HEADERS.'

/** Sends it nothing, as OTLP; where traces are off there is nothing to check. */
export function checkTraces({ tracing }: Pick<Settings, 'tracing'>): Check[] {
  if (!tracing) return []
  const run = async () => {
    const { greetCollector } = await import('../../platform/watching/start-tracing.ts')
    const status = await greetCollector(tracing)
    return [status < 300 ? ok(what, 'takes spans') : failed(what, `it answers ${status}`, todo)]
  }
  return [{ what, todo, run }]
}
