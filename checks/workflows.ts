/*
 * `npm run check:workflows`: does actionlint accept the workflows of .github? It checks syntax, expressions, runners, and
 * the inputs of actions whose major version it knows. The workflows themselves run on GitHub only.
 */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lintWorkflow } from './lint-workflow.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const paths = globSync('.github/workflows/*.yml', { cwd: project })
for (const path of paths) {
  const found = await lintWorkflow(path, readFileSync(`${project}/${path}`, 'utf8'))
  if (found === '') continue
  console.error(found)
  process.exitCode = 1
}
if (process.exitCode !== 1) console.log(`actionlint accepts ${paths.length} workflows.`)
