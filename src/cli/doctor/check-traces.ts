import type { Settings } from '../../config/config.ts'
import { type Check, failed, ok } from './finding.ts'
import { isTrouble, NoAnswer } from './no-answer.ts'

const what = 'collector of traces'
const todo = 'Check OTEL_EXPORTER_OTLP_ENDPOINT, without /v1/traces behind it, and OTEL_EXPORTER_OTLP_HEADERS.'

/** Sends it nothing, as OTLP; where traces are off there is nothing to check. */
export function checkTraces({ tracing }: Pick<Settings, 'tracing'>): Check[] {
  if (!tracing) return []
  const run = async () => {
    const { greetCollector } = await import('../../platform/watching/start-tracing.ts')
    const status = await greetCollector(tracing)
    if (isTrouble(status)) throw new NoAnswer(`it answered ${status}`)
    return [status < 300 ? ok(what, 'takes spans') : failed(what, `it answers ${status}`, todo)]
  }
  const asks = {
    name: 'The collector',
    todo: 'No key is wrong by that. See that it runs, and that OTEL_EXPORTER_OTLP_ENDPOINT is its address.',
  }
  return [{ what, todo, asks, run }]
}
