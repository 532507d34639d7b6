/*
 * `npm run check:words`              finds words that have a standard term instead (checks/forbidden-words.ts).
 * `npm run check:words -- src/cli`   the same in these files and folders only.
 * Reads names, comments, texts and file names. Migrations are left out: an applied migration is never changed.
 */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderTable } from '../src/cli/terminal/table.ts'
import { createWordFinder, type FoundWord } from './find-words.ts'
import { allowedWords, forbiddenWords } from './forbidden-words.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const scanned = [
  '{README,CHANGELOG,CONTRIBUTING}.md',
  'schema.graphql',
  '*.{ts,mjs}',
  'docs/**/*.md',
  'prisma/*.{prisma,mjs}',
  'prisma/functions/*.sql',
  'operations/**/*.graphql',
  'ops/**/*.{md,yml,yaml,json,conf}',
  '{src,bench,chaos,checks}/**/*.{ts,mjs,md,sql,yml}',
]
/** Generated code, and the list itself. */
const leftOut = /^src\/generated\/|^checks\/(?:forbidden-words|words[.]test)[.]ts$/

/** Rows of the table; a folder's own fit in it. */
const shown = 200

interface Hit extends FoundWord {
  readonly path: string
}

const find = createWordFinder(forbiddenWords)

function readHits(only: readonly string[]): Hit[] {
  const paths = globSync(scanned, { cwd: project }).filter((path) => !leftOut.test(path))
  return paths.sort().flatMap((path) => {
    if (only.length > 0 && !only.some((prefix) => path.startsWith(prefix))) return []
    const ofName = find(path).map((found) => ({ ...found, path, line: 0 }))
    return [...ofName, ...find(readFileSync(`${project}/${path}`, 'utf8')).map((found) => ({ ...found, path }))]
  })
}

const only = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const hits = readHits(only)
const isAllowed = ({ path, word }: Hit) => allowedWords.some((each) => each.path === path && each.word === word)
const forbidden = hits.filter((hit) => !isAllowed(hit))
const unused = allowedWords.filter(
  (each) => only.length === 0 && !hits.some(({ path, word }) => each.path === path && each.word === word),
)

for (const { path, word } of unused) {
  console.error(`${path} does not have "${word}" any more. Remove its exception from checks/forbidden-words.ts.`)
}
if (forbidden.length > 0) {
  const rows = forbidden.map(({ path, line, word, use }): [string, string, string] => [
    word,
    line === 0 ? path : `${path}:${line}`,
    use,
  ])
  console.error(renderTable(['word', 'place', 'use instead'], rows.slice(0, shown)))
  if (rows.length > shown) console.error(`The first ${shown} of ${rows.length}. Name a folder to see its own.`)
  const byFolder = Map.groupBy(forbidden, ({ path }) => /^(?:src\/(?:domains\/)?)?[^/]+/.exec(path)?.[0] ?? path)
  const counts = [...byFolder].map(([folder, of]): [string, string] => [folder, String(of.length)])
  console.error(renderTable(['folder', `${forbidden.length} words`], counts))
}
if (forbidden.length + unused.length > 0) process.exitCode = 1
else console.log('Names, comments and texts use the terms of the glossary.')
