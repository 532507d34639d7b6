import { expect, test } from 'vitest'
import { createMetrics, type Metrics } from './metrics.ts'

/** The samples without comments. */
async function samplesOf(metrics: Metrics): Promise<string[]> {
  const { text } = await metrics.expose()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

test('a name that is declared twice is one metric, and two apps share none', async () => {
  const [metrics, other] = [createMetrics(), createMetrics()]
  for (const outcome of ['applied', 'applied', 'dead']) {
    metrics.counter('events_total', 'Events.', ['outcome']).add({ outcome })
  }
  other.counter('events_total', 'Events.', ['outcome']).add({ outcome: 'dead' }, 5)
  expect(await samplesOf(metrics)).toEqual(['events_total{outcome="applied"} 2', 'events_total{outcome="dead"} 1'])
  expect(await samplesOf(other)).toEqual(['events_total{outcome="dead"} 5'])
})

test('a gauge is not exposed before it is set, also when it is declared again', async () => {
  const metrics = createMetrics()
  const gauge = metrics.gauge('checked_at', 'When.')
  expect(await samplesOf(metrics)).toEqual([])
  gauge.set({}, 7)
  metrics.gauge('checked_at', 'When.')
  expect(await samplesOf(metrics)).toEqual(['checked_at 7'])
})

test('a gauge whose read fails is left out, with its last value, and the others are exposed', async () => {
  const metrics = createMetrics()
  let isFailing = false
  metrics.readGauge({ name: 'depth', help: 'How deep.' }, async () => {
    if (isFailing) throw new Error('unreachable')
    return [{ labels: {}, value: 3 }]
  })
  metrics.readGauge({ name: 'open', help: 'How many.', labels: ['state'] }, () => [
    { labels: { state: 'idle' }, value: 1 },
  ])
  expect(await samplesOf(metrics)).toEqual(['depth 3', 'open{state="idle"} 1'])
  isFailing = true
  expect(await samplesOf(metrics)).toEqual(['open{state="idle"} 1'])
})
