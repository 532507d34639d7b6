/*
 * `npm run check:migrations`     do prisma/migrations create exactly the schema in prisma/*.prisma?
 * `npm run migrate:new -- name`  writes the migration that is missing, and applies it to no other database.
 * Both run the Prisma CLI over an embedded Postgres of their own (4 s in all).
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { withPostgres } from './with-postgres.ts'

const project = fileURLToPath(new URL('..', import.meta.url))

async function check(url: string): Promise<boolean> {
  const valid = await prisma(url, ['validate'])
  if (valid.code !== 0) {
    console.error(`${valid.output}\nprisma/*.prisma is not valid: see above.`)
    return false
  }
  const paths = ['--from-migrations', 'prisma/migrations', '--to-schema', 'prisma']
  const drift = await prisma(url, ['migrate', 'diff', ...paths, '--exit-code'])
  if (drift.code === 0) {
    console.log('The migrations create exactly the schema in prisma/*.prisma.')
    return true
  }
  if (drift.code === null) return false // interrupted
  console.error(drift.output)
  console.error(
    drift.code === 2
      ? 'prisma/*.prisma differ from what the migrations create; the difference is above. Write a new migration with\n' +
          '`npm run migrate:new -- what_it_does`, read it, and commit it with the change.'
      : 'The migrations do not apply to an empty database: see above. Correct the migration.sql that is named there.',
  )
  return false
}

/** Creates an empty migration where nothing is missing, for what Prisma cannot express: functions, CHECKs, data. */
async function create(url: string, name: string | undefined): Promise<boolean> {
  if (!name || !/^[a-z0-9_]+$/.test(name)) {
    console.error(
      'Name the migration after what it does: `npm run migrate:new -- add_personal_records` (a-z, 0-9 and _).',
    )
    return false
  }
  const { code, output } = await prisma(url, ['migrate', 'dev', '--create-only', '--name', name])
  console.log(output)
  if (code !== 0) return false
  console.log('Read it and correct it by hand. The next `npm start` applies it; `npm run check:migrations` checks it.')
  return true
}

interface CommandResult {
  readonly code: number | null
  readonly output: string
}

async function prisma(url: string, args: readonly string[]): Promise<CommandResult> {
  const env = { ...process.env, DIRECT_URL: url }
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child = spawn(join(project, 'node_modules/.bin/prisma'), args, { cwd: project, env, stdio })
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, output: `${out}${err}`.trim() }
}

// Ctrl-C also ends the Prisma CLI. The work above then ends, and withPostgres removes its folder.
process.on('SIGINT', () => {})

const [command, name] = process.argv.slice(2)
const done = await withPostgres((url) => (command === 'new' ? create(url, name) : check(url)))
process.exitCode = done ? 0 : 1
