/* `npm run check`: every check, two at a time; all of them run, whatever fails, and a table says how it went. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { renderTable } from '../src/cli/terminal/table.ts'

const checks = [
  { name: 'types', mend: 'read the messages above; `npm run check:types` runs it alone' },
  { name: 'lint', mend: '`npm run fix` mends what can be mended by itself' },
  { name: 'imports', mend: 'docs/architecture.md says who may import whom' },
  { name: 'unused', mend: 'remove what nobody uses, or use it' },
  { name: 'schema', mend: 'change schema.graphql first, then build the same' },
  { name: 'operations', mend: '`npm run codegen`, and commit operations/typed-operations.ts' },
  { name: 'migrations', mend: '`npm run migrate:new -- what_it_does`' },
  { name: 'env', mend: '`npm run check:env -- --write`' },
]

const waiting = [...checks]
const results: [string, string, string, string][] = []

async function runNext(): Promise<void> {
  const check = waiting.shift()
  if (!check) return
  const started = performance.now()
  const child = spawn('npm', ['run', '--silent', `check:${check.name}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (code !== 0) console.error(`\n---- check:${check.name}\n${output}${errors}`.trimEnd())
  results.push([check.name, code === 0 ? 'ok' : 'FAILED', `${seconds} s`, code === 0 ? '' : check.mend])
  return runNext()
}

await Promise.all([runNext(), runNext()])
const inOrder = checks.flatMap(({ name }) => results.filter(([result]) => result === name))
console.log(renderTable(['check', 'result', 'time', 'how to mend it'], inOrder))
if (results.some(([, result]) => result !== 'ok')) process.exitCode = 1
