import type { Pool } from 'pg'
import { memoize } from '../memoize.ts'
import type { Metrics } from '../observability/metrics.ts'
import { withTimeout } from '../with-timeout.ts'

/** A provider of events. */
export interface EventSource {
  /** For example clerk. */
  readonly name: string
  /** The types that are handled; metrics count all others as "other". */
  readonly types: readonly string[]
}

const outcomes = ['received', 'duplicate', 'refused', 'applied', 'failed', 'dead'] as const

/**
 * The outcome of an event: at the webhook endpoint received, duplicate or refused; then applied, or failed and finally
 * dead.
 */
export type EventOutcome = (typeof outcomes)[number]

export type CountEvent = (event: { source: string; type: string }, outcome: EventOutcome) => void

/**
 * Types come from the provider or from a forged request, so only known types get a label value of their own. Each
 * counter starts at 0: Prometheus sees no increase in a series that first appears at 500.
 */
export function eventCounter(metrics: Metrics, sources: readonly EventSource[]): CountEvent {
  const events = metrics.counter('webhook_events_total', 'Webhook events by outcome.', ['source', 'type', 'outcome'])
  for (const { name, types } of [...sources, { name: 'other', types: [] }]) {
    for (const type of [...types, 'other'])
      for (const outcome of outcomes) events.add({ source: name, type, outcome }, 0)
  }
  return ({ source, type }, outcome) => {
    const known = sources.find(({ name }) => name === source)
    events.add({
      source: known ? source : 'other',
      type: known?.types.includes(type) ? type : 'other',
      outcome,
    })
  }
}

/** Counting stops at this number of dead letters. */
const mostDead = 10_000
const deadCacheMs = 15_000
const readMs = 1_000

/** Exports the number of dead letters, which need a person to look at them. */
export function observeDeadEvents(metrics: Metrics, pool: Pool): void {
  const dead = memoize(deadCacheMs, () => withTimeout(readMs, countDead(pool)))
  const help = `Webhook events that failed permanently, up to ${mostDead}; the same in each process.`
  metrics.readGauge({ name: 'webhook_events_dead', help }, async () => [{ labels: {}, value: await dead() }])
}

async function countDead(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ dead: number }>(
    `SELECT count(*)::int AS dead FROM (SELECT FROM inbox_events WHERE state = 'DEAD' LIMIT ${mostDead}) AS events`,
  )
  if (!rows[0]) throw new Error('Postgres did not return the number of dead letters.')
  return rows[0].dead
}
