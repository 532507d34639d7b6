import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Labels<Label extends string> = Readonly<Record<Label, string>>

/** Counts events. */
export interface CounterMetric<Label extends string> {
  add(labels: Labels<Label>, count?: number): void
}

/** A current value. It is not exposed until it is set. */
export interface GaugeMetric<Label extends string> {
  set(labels: Labels<Label>, value: number): void
}

/** A histogram of durations. */
export interface DurationMetric<Label extends string> {
  observe(labels: Labels<Label>, seconds: number): void
}

export interface Reading<Label extends string> {
  readonly labels: Labels<Label>
  readonly value: number
}

/**
 * The metrics of this process. Declaring a name again returns the same metric, so each place that uses it may declare it.
 * Label values come from a small fixed set, never from a client: each combination stays in memory.
 */
export interface Metrics {
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): CounterMetric<Label>
  gauge<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): GaugeMetric<Label>
  /**
   * A gauge that is read at each scrape. When `read` fails the gauge is left out, and the others are exposed. When a name
   * is declared again, the new `read` replaces the old one.
   */
  readGauge<Label extends string = never>(
    metric: { readonly name: string; readonly help: string; readonly labels?: readonly Label[] },
    read: () => readonly Reading<Label>[] | Promise<readonly Reading<Label>[]>,
  ): void
  /** `buckets` are upper bounds in seconds, ascending; 5 ms to 10 s if they are not given, as for requests. */
  duration<Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
    buckets?: readonly number[],
  ): DurationMetric<Label>
  /**
   * Adds Node's metrics: CPU, memory, event loop lag, garbage collection. Call it once per process, because its observers
   * are never removed.
   */
  collectProcessMetrics(): void
  /** All metrics in Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** The library's own. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Each app has a registry of its own, so that two apps in one process (as in tests) share no metrics. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const known = <Metric>(name: string, make: () => Metric): Metric =>
    (registry.getSingleMetric(name) as Metric | undefined) ?? make()
  const gaugeOf = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    known(name, () => {
      const gauge = new Gauge<Label>({ name, help, labelNames, registers: [registry] })
      empty(gauge, labelNames)
      return gauge
    })
  return {
    counter(name, help, labelNames = []) {
      const counter = known(name, () => new Counter({ name, help, labelNames, registers: [registry] }))
      return { add: (labels, count = 1) => counter.inc(labels, count) }
    },
    gauge(name, help, labelNames = []) {
      const gauge = gaugeOf(name, help, labelNames)
      return { set: (labels, value) => gauge.set(labels, value) }
    },
    readGauge({ name, help, labels: labelNames = [] }, read) {
      const collect = async function (this: Gauge) {
        const readings = await Promise.resolve()
          .then(read)
          .catch(() => [])
        empty(this, labelNames)
        for (const { labels, value } of readings) this.set(labels, value)
      }
      registry.removeSingleMetric(name)
      new Gauge({ name, help, labelNames, registers: [registry], collect })
    },
    duration(name, help, labelNames = [], upperBounds = requestBuckets) {
      const buckets = [...upperBounds]
      const histogram = known(name, () => new Histogram({ name, help, labelNames, buckets, registers: [registry] }))
      return { observe: (labels, seconds) => histogram.observe(labels, seconds) }
    },
    collectProcessMetrics: () => collectDefaultMetrics({ register: registry }),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}

/** Without labels the library exposes 0 for a gauge that was never set, which would be a wrong value. */
function empty(gauge: Gauge, labels: readonly string[]): void {
  gauge.reset()
  if (labels.length === 0) gauge.remove()
}
