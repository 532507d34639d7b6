/*
 * `npm run check:ops`: checks the rules of Prometheus with their unit tests, its scrape configuration, the routes of
 * Alertmanager, and all expressions of the dashboards. Runs promtool and amtool, of the Debian packages prometheus and
 * prometheus-alertmanager.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { expressionsOf } from './expressions.ts'

const ops = fileURLToPath(new URL('../ops', import.meta.url))
const alertmanager = join(ops, 'prometheus/alertmanager.yml')

function run(command: string, ...args: string[]): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) console.error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return status === 0
}

/** promtool checks rules, so each expression is written as a rule, with a value for Grafana's variables. */
function checkDashboards(folder: string): boolean {
  const names = readdirSync(join(ops, 'grafana'))
  const expressions = names.flatMap((name) =>
    expressionsOf(JSON.parse(readFileSync(join(ops, 'grafana', name), 'utf8'))).map((expr) => ({ name, expr })),
  )
  const rules = expressions.map(({ name, expr }, index) => ({
    record: `dashboard:${name.replaceAll(/\W/g, '_')}:${index}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }))
  const file = join(folder, 'dashboards.yml')
  writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }))
  return run('promtool', 'check', 'rules', file)
}

const route = (severity: string, receivers: string) =>
  run(
    'amtool',
    'config',
    'routes',
    'test',
    `--config.file=${alertmanager}`,
    `--verify.receivers=${receivers}`,
    severity,
  )

const missing = ['promtool', 'amtool'].filter((command) => spawnSync(command, ['--version']).error)
if (missing.length > 0) {
  console.error(
    `${missing.join(' and ')} cannot be found on the PATH. On Debian and Ubuntu: apt-get install prometheus ` +
      'prometheus-alertmanager. Elsewhere: https://prometheus.io/download/.',
  )
  process.exitCode = 1
} else {
  const folder = mkdtempSync(join(tmpdir(), 'pacer-ops-'))
  const passed = [
    run('promtool', 'check', 'rules', join(ops, 'prometheus/rules.yml')),
    run(
      'promtool',
      'test',
      'rules',
      join(ops, 'prometheus/rules.test.yml'),
      join(ops, 'prometheus/rules.days.test.yml'),
    ),
    run('promtool', 'check', 'config', join(ops, 'prometheus/prometheus.yml')),
    run('amtool', 'check-config', alertmanager),
    route('severity=page', 'page,slack'),
    route('severity=slack', 'slack'),
    checkDashboards(folder),
  ]
  rmSync(folder, { recursive: true })
  if (passed.every(Boolean)) console.log('The rules, their unit tests, the routes and the dashboards are correct.')
  else process.exitCode = 1
}
