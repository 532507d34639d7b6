/*
 * `npm run check:functions`             is each file in prisma/functions the current definition of its SQL function?
 * `npm run check:functions -- --write`  writes the files that are missing or differ, and keeps their comments.
 * Applies all migrations to an embedded Postgres of its own (2 s in all).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { migrate } from '../src/platform/database/migrate.ts'
import {
  compareFunctions,
  definitionProblem,
  leadingComment,
  placeholder,
  readDefinitions,
} from './compare-functions.ts'
import type { NamedText } from './unified-diff.ts'
import { withPostgres } from './with-postgres.ts'

const folder = new URL('../prisma/functions/', import.meta.url)

function readFiles(): NamedText[] {
  return readdirSync(fileURLToPath(folder))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))
}

async function write(client: Client): Promise<void> {
  const files = new Map(readFiles().map(({ name, text }) => [name, text]))
  const migrated = await readDefinitions(client)
  for (const [name, definition] of migrated) {
    const fileName = `${name}.sql`
    const text = files.get(fileName)
    const isCurrent = text !== undefined && !(await definitionProblem(client, migrated, { name: fileName, text }))
    if (isCurrent) continue
    const comment = leadingComment(text ?? '') || `${placeholder}\n-- Locks: \n-- Raises: \n`
    const header = definition.replace('FUNCTION public.', 'FUNCTION ').trimEnd()
    writeFileSync(new URL(fileName, folder), `${comment}${header};\n`)
    console.log(`Wrote prisma/functions/${fileName}.`)
  }
}

async function check(client: Client): Promise<boolean> {
  const files = readFiles()
  const problems = await compareFunctions(client, files)
  if (problems.length === 0) {
    console.log(`The ${files.length} files in prisma/functions are the current definitions of the SQL functions.`)
    return true
  }
  console.error(problems.join('\n\n'))
  console.error('\ndocs/recipes/change-a-sql-function.md describes how to change one.')
  return false
}

const passed = await withPostgres(async (url) => {
  await migrate({ url })
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    if (process.argv.includes('--write')) await write(client)
    return await check(client)
  } finally {
    await client.end()
  }
})
process.exitCode = passed ? 0 : 1
