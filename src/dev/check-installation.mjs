/*
 * Loaded by the npm scripts before the program (`--import`). It says in one line what an installation lacks, where Node
 * would print an error of its module loader. Plain JavaScript, because Node 20 must be able to read it.
 */
import { existsSync } from 'node:fs'

const version = process.versions.node

function problem() {
  if (Number.parseInt(version, 10) < 24) {
    return `Pacer needs Node 24, and this is Node ${version}. \`npm ci\` installs Node 24 for the npm scripts; after \`npm ci --ignore-scripts\` run \`npm rebuild node && npm run postinstall\`.`
  }
  if (!existsSync(new URL('../generated/prisma', import.meta.url))) {
    return 'The Prisma client was not generated, as after `npm ci --ignore-scripts`. Run `npm run postinstall`.'
  }
  return null
}

const found = problem()
if (found !== null) {
  process.stderr.write(`${found}\n`)
  process.exit(1)
}
