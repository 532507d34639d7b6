import type { Pool } from 'pg'
import { remembered } from '../remembered.ts'
import type { Metrics } from '../watching/metrics.ts'
import { within } from '../within.ts'

/** A provider of events. */
export interface EventSource {
  /** clerk */
  readonly name: string
  /** The types that mean something here; metrics show all the others as one. */
  readonly types: readonly string[]
}

const outcomes = ['received', 'duplicate', 'refused', 'applied', 'failed', 'dead'] as const

/** What became of an event: at the door received, duplicate or refused; then applied, or failed and in the end dead. */
export type EventOutcome = (typeof outcomes)[number]

export type CountEvent = (event: { source: string; type: string }, outcome: EventOutcome) => void

/**
 * Types are the provider's words, or a forger's, so only those that are known get a number of their own. Each begins at
 * 0: what is first seen at 500 has not grown, as Prometheus counts.
 */
export function eventCounter(metrics: Metrics, sources: readonly EventSource[]): CountEvent {
  const events = metrics.counter('webhook_events_total', 'Webhook events by what became of them.', [
    'source',
    'type',
    'outcome',
  ])
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

/** Dead letters beyond that many are as bad. */
const mostDead = 10_000
const deadCacheMs = 15_000
const readMs = 1_000

/** Shows how many events wait for somebody to look at them. */
export function watchDeadEvents(metrics: Metrics, pool: Pool): void {
  const dead = remembered(deadCacheMs, () => within(readMs, countDead(pool)))
  const help = `Webhook events that were given up, up to ${mostDead}; the same in each process.`
  metrics.readGauge({ name: 'webhook_events_dead', help }, async () => [{ labels: {}, value: await dead() }])
}

async function countDead(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ dead: number }>(
    `SELECT count(*)::int AS dead FROM (SELECT FROM inbox_events WHERE state = 'DEAD' LIMIT ${mostDead}) AS events`,
  )
  if (!rows[0]) throw new Error('The dead letters were not counted.')
  return rows[0].dead
}
