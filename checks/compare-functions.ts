import type { Client } from 'pg'
import { type NamedText, unifiedDiff } from './unified-diff.ts'

/** The name of each function in the schema public, with its definition as Postgres prints it. */
export type Definitions = ReadonlyMap<string, string>

/** The first line of a file that `--write` creates; a person replaces it. */
export const placeholder = '-- TODO: say what this function does.'

/** Overloaded functions are refused: a file is named after its function. */
export async function readDefinitions(client: Client): Promise<Definitions> {
  const { rows } = await client.query<{ name: string; definition: string }>(`
    SELECT proname AS name, pg_get_functiondef(oid) AS definition FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prokind <> 'a'
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    ORDER BY proname`)
  const definitions = new Map<string, string>()
  for (const { name, definition } of rows) {
    if (definitions.has(name)) throw new Error(`Two SQL functions are named ${name}. Give each function its own name.`)
    definitions.set(name, definition)
  }
  return definitions
}

/**
 * What is wrong with the files in prisma/functions, compared with a migrated database: one text for each problem. Postgres
 * itself reads both sides, so the layout of a file does not matter. The database is left as it was.
 */
export async function compareFunctions(client: Client, files: readonly NamedText[]): Promise<string[]> {
  const migrated = await readDefinitions(client)
  const problems: string[] = []
  for (const name of migrated.keys()) {
    if (files.every((file) => file.name !== `${name}.sql`)) {
      problems.push(`${name} has no file. \`npm run check:functions -- --write\` writes ${name}.sql.`)
    }
  }
  for (const file of files) {
    const problem = commentProblem(file) ?? (await definitionProblem(client, migrated, file))
    if (problem) problems.push(`${file.name} ${problem}`)
  }
  return problems
}

function commentProblem({ text }: NamedText): string | null {
  const comment = leadingComment(text)
  if (comment === '' || comment.includes(placeholder)) {
    return 'does not begin with a comment that says what the function does.'
  }
  const missing = ['-- Locks: ', '-- Raises: '].filter((line) => !comment.includes(`\n${line}`))
  return missing.length > 0 ? `has no line "${missing.join('" and "')}" in its comment.` : null
}

/** How the function that a file defines differs from the migrated one; null where it does not. */
export async function definitionProblem(
  client: Client,
  migrated: Definitions,
  file: NamedText,
): Promise<string | null> {
  const name = file.name.replace(/[.]sql$/, '')
  const defined = [...file.text.matchAll(/^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) (\w+)/gm)]
  if (defined.length !== 1 || !defined[0]?.[0].endsWith(`OR REPLACE FUNCTION ${name}`)) {
    return `must have one statement, CREATE OR REPLACE FUNCTION ${name}.`
  }
  const before = migrated.get(name)
  if (before === undefined)
    return 'defines a function that no migration creates. Copy it into a migration, or remove it.'
  try {
    await client.query('BEGIN')
    await client.query(file.text)
    const after = (await readDefinitions(client)).get(name) ?? ''
    if (after === before) return null
    return `differs from what the migrations make (-):\n${unifiedDiff(
      { name: 'the migrated database', text: before },
      { name: `prisma/functions/${file.name}`, text: after },
    )}`
  } catch (error) {
    return `cannot be loaded: ${error instanceof Error ? error.message : error}`
  } finally {
    await client.query('ROLLBACK')
  }
}

/** The lines that begin with `--` before everything else. */
export function leadingComment(text: string): string {
  return /^(?:--.*\n)*/.exec(text)?.[0] ?? ''
}
