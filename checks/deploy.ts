/*
 * `npm run check:deploy`: can the files of ops/deploy be read, is every variable in them and in docs/deploy a setting of
 * src/config/settings/, is no secret written in them, and does each host name every setting that production requires?
 * A host is a file or folder of ops/deploy with the page of the same name in docs/deploy.
 */
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DeployFile, missingNames, otherNames, problemsOf, unknownNames } from './deploy-variables.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const patterns = ['ops/deploy/**/*.{json,yml,yaml,toml,sh,example}', 'ops/deploy/**/Caddyfile', 'docs/deploy/*.md']
const files = globSync(patterns, { cwd: project })
  .sort()
  .map((path): DeployFile => ({ path, text: readFileSync(`${project}/${path}`, 'utf8') }))

const problems = files.flatMap((file) => [
  ...unknownNames(file).map(({ name, line }) => `${file.path}:${line}: ${name} is not a setting.`),
  ...problemsOf(file).map((problem) => `${file.path}: ${problem}`),
])

const hosts = new Set(
  files.flatMap(({ path }) => (path.startsWith('ops/deploy/') ? [/^ops\/deploy\/([\w-]+)/.exec(path)?.[1] ?? ''] : [])),
)
for (const host of hosts) {
  const own = files.filter(({ path }) => new RegExp(`^ops/deploy/${host}[./]`).test(path))
  const page = files.find(({ path }) => path.startsWith('docs/deploy/') && basename(path) === `${host}.md`)
  if (page)
    problems.push(...missingNames([...own, page]).map((name) => `${page.path}: ${name} is required and not named.`))
  else problems.push(`docs/deploy/${host}.md is missing: it explains ops/deploy/${host}.`)
}

const text = files.map((file) => file.text).join('\n')
for (const name of Object.keys(otherNames)) {
  if (!new RegExp(`(?<!\\w)${name}(?!\\w)`).test(text)) {
    problems.push(`checks/deploy-variables.ts: ${name} does not occur any more. Remove it from otherNames.`)
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exitCode = 1
} else
  console.log(`The ${files.length} files of ${hosts.size} hosts name existing settings only, and every required one.`)
