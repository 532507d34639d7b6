/*
 * `npm run check:contract`: which breaking changes has schema.graphql since the last release, and does CHANGELOG.md name
 * each of them? check:schema compares the file with the code; a change that is made in both together is noticed here.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { breakingChanges, unnamed } from './breaking-changes.ts'
import { findReleasedContract } from './released-contract.ts'

const project = fileURLToPath(new URL('../', import.meta.url))
const read = (name: string) => readFileSync(`${project}/${name}`, 'utf8')
const released = await findReleasedContract(project)

if ('skipped' in released) {
  console.log(`SKIPPED: schema.graphql was not compared with the last release. ${released.skipped}`)
} else {
  const changes = await breakingChanges(released.contract, read('schema.graphql'))
  const missing = unnamed(changes, read('CHANGELOG.md'))
  for (const { message, path } of changes) console.log(`BREAKING  ${path}: ${message}`)
  console.log(`schema.graphql has ${changes.length} breaking changes since ${released.name}.`)
  if (missing.length > 0) {
    process.exitCode = 1
    console.error('\nThe section Unreleased of CHANGELOG.md has no entry `- BREAKING: …` that names, in backticks:')
    for (const { path } of missing) console.error(`  \`${path}\``)
    console.error('\nA released client may use them. Deprecate first (docs/deprecation.md), or add the entries.')
  }
}
