import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { parse } from 'yaml'
import { allSettings } from '../src/config/settings.ts'
import { cloneDatabase } from '../src/testing/postgres.ts'
import { startProgram } from '../src/testing/process.ts'
import { resourceVariables } from '../src/testing/production.ts'
import { expressionsOf, metricsIn } from './expressions.ts'

const read = (path: string) => readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
const chosen = '${datasource}'

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly (Alert | { readonly record: string })[]
  }[]
}
interface Alert {
  readonly alert: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary?: string; readonly description?: string }
}
interface UnitTests {
  readonly tests: readonly { readonly promql_expr_test: readonly { expr: string; exp_samples: readonly unknown[] }[] }[]
}

interface Scraping {
  readonly scrape_configs: readonly {
    readonly job_name: string
    readonly dns_sd_configs: readonly { readonly names: readonly string[]; readonly port: number }[]
  }[]
}

const rules = parse(await read('ops/prometheus/rules.yml')) as Rules
const allRules = rules.groups.flatMap((group) => group.rules)
const alerts = allRules.filter((rule) => 'alert' in rule)
const recorded = allRules.flatMap((rule) => ('record' in rule ? [rule.record] : []))
const runbook = (await read('docs/operations.md')).split('\n')

test.each([
  ['sum by (le) (rate(a_bucket{route="/x{}",le!=""}[5m])) > 0.5', ['a_bucket']],
  ['(last_over_time(a:b[26h]) > 0) and on (job, instance) topk(1, c) or vector(0)', ['a:b', 'c']],
  ['1e3 * max(a) / max (b) offset 5m unless a', ['a', 'b']],
  ['histogram_quantile(0.9, sum(rate(d[$__rate_interval])) without(x))', ['d']],
])('the metrics of %s', (expression, metrics) => {
  expect(metricsIn(expression)).toEqual(metrics)
})

describe('the metrics in rules and dashboards', () => {
  let exposed: Set<string>
  beforeAll(async () => {
    exposed = new Set(['up', ...recorded, ...(await metricsOfProcesses())])
  })

  test('of the rules are exposed by a running API or worker', () => {
    expect(expressionsOf(rules).flatMap(metricsIn).filter(isUnknown)).toEqual([])
  })

  test.each(['http', 'payment-retry', 'usage', 'videos', 'webhook-errors'])('of %s.json too', async (name) => {
    const dashboard = JSON.parse(await read(`ops/grafana/${name}.json`))
    const metrics = expressionsOf(dashboard).flatMap(metricsIn)
    expect(metrics.length).toBeGreaterThan(5)
    expect(metrics.filter(isUnknown)).toEqual([])
    const panels: { id: number; datasource: unknown }[] = dashboard.panels
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { datasource } of panels) expect(datasource).toEqual({ type: 'prometheus', uid: chosen })
    expect(dashboard).toMatchObject({ uid: `pacer-${name}`, templating: { list: [{ name: 'datasource' }] } })
  })

  test('there is no other dashboard', async () => {
    const names = await readdir(fileURLToPath(new URL('../ops/grafana', import.meta.url)))
    expect(names.sort()).toEqual([
      'http.json',
      'payment-retry.json',
      'usage.json',
      'videos.json',
      'webhook-errors.json',
    ])
  })

  const isUnknown = (metric: string) => !exposed.has(metric)

  /** The names of the metrics of both kinds of process, with the series that Prometheus stores for a histogram. */
  async function metricsOfProcesses(): Promise<string[]> {
    const dataDir = await mkdtemp(join(tmpdir(), 'pacer-ops-'))
    try {
      await using database = await cloneDatabase()
      const env = {
        ...resourceVariables({ dataDir, bucket: inject('bucket') }, database),
        PORT: '0',
        METRICS_PORT: '0',
      }
      await using api = startProgram(['src/main.ts', 'api'], env)
      await using worker = startProgram(['src/main.ts', 'worker'], env)
      const exposedBy = await Promise.all(
        [api, worker].map(async (program) => {
          const [, port] = await program.waitForOutput(/"metricsPort":(\d+)/)
          const own = `http://127.0.0.1:${port}`
          expect(await (await fetch(`${own}/health`)).json()).toMatchObject({ status: 'ok' })
          const show = async () => (await fetch(`${own}/metrics`)).text()
          const text = await vi.waitFor(
            async () => {
              const shown = await show()
              expect(shown).toMatch(/^ready 1$/m)
              return shown
            },
            { timeout: 5_000 },
          )
          // Prometheus adds these labels to scraped metrics, and renames ours.
          expect(text).not.toMatch(/[{,](job|instance)="/)
          return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, metric, type]) =>
            type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => `${metric}${suffix}`) : [metric ?? ''],
          )
        }),
      )
      return exposedBy.flat()
    } finally {
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
    }
  }
})

describe('every alert', () => {
  test.each(alerts)('$alert has a severity, a summary, a link to the runbook, and a line in it', (rule) => {
    const { alert, labels, annotations } = rule
    expect(labels.severity).toMatch(/^(slack|page)$/)
    expect(annotations.summary).toMatch(/\.$/)
    expect(annotations.description).toContain(`docs/operations.md, Alerts, ${alert}.`)
    expect(runbook.filter((line) => line.startsWith(`| \`${alert}\` | ${labels.severity} | `))).toHaveLength(1)
  })

  test('has a unit test in which it fires and one in which it does not', async () => {
    const files = ['rules.test.yml', 'rules.days.test.yml'].map((name) => read(`ops/prometheus/${name}`))
    const unitTests = (await Promise.all(files)).map((text) => parse(text) as UnitTests)
    const samples = unitTests.flatMap(({ tests }) => tests).flatMap((each) => each.promql_expr_test)
    for (const { alert } of alerts) {
      const own = samples.filter(({ expr }) => expr.includes(`alertname="${alert}"`))
      expect(new Set(own.map(({ exp_samples: expected }) => expected.length)), alert).toEqual(new Set([0, 1]))
    }
  })
})

test('compose runs API and worker as separate services with limits, health checks and known variables', async () => {
  const { services } = parse(await read('ops/compose.production.yml'), { merge: true })
  expect(Object.keys(services)).toEqual(['api', 'worker'])
  expect(services.api).toMatchObject({
    command: ['api'],
    deploy: { resources: { limits: { cpus: '2', memory: '4G' } } },
  })
  expect(services.worker).toMatchObject({
    command: ['worker'],
    deploy: { resources: { limits: { cpus: '4', memory: '8G' } } },
  })
  const known = new Set<string>([...allSettings.map(({ name }) => name), 'NODE_OPTIONS'])
  for (const { environment, healthcheck, env_file: envFile, ports } of Object.values<Record<string, never>>(services)) {
    expect(Object.keys(environment ?? {}).filter((name) => !known.has(name))).toEqual([])
    expect(environment).toMatchObject({ NODE_ENV: 'production', METRICS_PORT: 9464 })
    expect(JSON.stringify(healthcheck)).toContain('http://127.0.0.1:9464/health/live')
    expect(envFile).toBe('../.env')
    expect(ports).toBeUndefined()
  }
})

test('Prometheus scrapes each process that WEB_CONCURRENCY of compose starts, and no other port', async () => {
  const { services } = parse(await read('ops/compose.production.yml'), { merge: true })
  const { scrape_configs: scraped } = parse(await read('ops/prometheus/prometheus.yml')) as Scraping
  for (const [service, { environment }] of Object.entries<{ environment: Record<string, number> }>(services)) {
    const { METRICS_PORT: first = 0, WEB_CONCURRENCY: count = 1 } = environment
    const { dns_sd_configs: found = [] } = scraped.find(({ job_name: name }) => name === `pacer-${service}`) ?? {}
    expect(found.flatMap(({ names }) => names)).toEqual(Array.from({ length: count }, () => service))
    expect(found.map(({ port }) => port)).toEqual(Array.from({ length: count }, (_, at) => first + at))
  }
})
