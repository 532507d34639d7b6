import type { Settings } from '../../config/config.ts'
import { type Check, failed, ok } from './finding.ts'
import { isTemporaryStatus, ServiceUnavailable } from './service-unavailable.ts'

const what = 'trace collector'
const todo = 'Check OTEL_EXPORTER_OTLP_ENDPOINT (without /v1/traces) and OTEL_EXPORTER_OTLP_HEADERS.'

/** Checks that the collector accepts an empty OTLP export. Without tracing there is nothing to check. */
export function checkTraces({ tracing }: Pick<Settings, 'tracing'>): Check[] {
  if (!tracing) return []
  const run = async () => {
    const { pingCollector } = await import('../../platform/observability/start-tracing.ts')
    const status = await pingCollector(tracing)
    if (isTemporaryStatus(status)) throw new ServiceUnavailable(`it answered ${status}`)
    return [status < 300 ? ok(what, 'accepts spans') : failed(what, `it answered ${status}`, todo)]
  }
  const service = {
    name: 'The collector',
    todo: 'This does not mean that a key is wrong. Check that it runs and that OTEL_EXPORTER_OTLP_ENDPOINT is its URL.',
  }
  return [{ what, todo, service, run }]
}
