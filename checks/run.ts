/* `npm run check`: runs all checks, two at a time, and prints a table of results. A failure does not stop the others. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { renderTable } from '../src/cli/terminal/table.ts'

const checks = [
  { name: 'types', fix: 'read the messages above; `npm run check:types` runs it alone' },
  { name: 'lint', fix: '`npm run fix` corrects what it can' },
  { name: 'imports', fix: 'docs/architecture.md lists the allowed imports' },
  { name: 'unused', fix: 'remove unused files, exports and packages' },
  { name: 'schema', fix: 'change schema.graphql first, then the code' },
  { name: 'operations', fix: '`npm run codegen`, and commit operations/typed-operations.ts' },
  { name: 'migrations', fix: '`npm run migrate:new -- what_it_does`' },
  { name: 'functions', fix: 'docs/recipes/change-a-sql-function.md' },
  { name: 'tables', fix: 'call a function of the owner of the table' },
  { name: 'words', fix: 'checks/forbidden-words.ts lists the terms to use' },
  { name: 'env', fix: '`npm run check:env -- --write`' },
  { name: 'deploy', fix: 'correct the name, or add it to checks/deploy-variables.ts with its reason' },
  { name: 'workflows', fix: 'correct the workflow; the message names the line' },
  { name: 'links', fix: 'correct the link, or the heading that it names' },
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
  results.push([check.name, code === 0 ? 'ok' : 'FAILED', `${seconds} s`, code === 0 ? '' : check.fix])
  return runNext()
}

await Promise.all([runNext(), runNext()])
const inOrder = checks.flatMap(({ name }) => results.filter(([result]) => result === name))
console.log(renderTable(['check', 'result', 'time', 'how to fix it'], inOrder))
if (results.some(([, result]) => result !== 'ok')) process.exitCode = 1
