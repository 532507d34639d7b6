import type { Metrics } from './metrics.ts'

/** A provider of events. */
export interface EventSource {
  /** clerk */
  readonly name: string
  /** The types that mean something here; metrics show all the others as one. */
  readonly types: readonly string[]
}

/** What became of an event: at the door received, duplicate or refused; then applied, or failed and in the end dead. */
export type EventOutcome = 'received' | 'duplicate' | 'refused' | 'applied' | 'failed' | 'dead'

export type CountEvent = (event: { source: string; type: string }, outcome: EventOutcome) => void

/** Types are the provider's words, or a forger's, so only those that are known get a number of their own. */
export function eventCounter(metrics: Metrics, sources: readonly EventSource[]): CountEvent {
  const events = metrics.counter('webhook_events_total', 'Webhook events by what became of them.', [
    'source',
    'type',
    'outcome',
  ])
  return ({ source, type }, outcome) => {
    const known = sources.find(({ name }) => name === source)
    events.add({
      source: known ? source : 'other',
      type: known?.types.includes(type) ? type : 'other',
      outcome,
    })
  }
}
