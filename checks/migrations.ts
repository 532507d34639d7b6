/*
 * `npm run check:migrations`     do prisma/migrations make exactly what prisma/*.prisma say?
 * `npm run migrate:new -- name`  writes the migration that is missing, without applying it anywhere but here.
 * Both ask the Prisma CLI, over a Postgres of their own that lives as long as they do (4 s in all).
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../src/dev/embedded/postgres.ts'

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
    console.log('The migrations make exactly what prisma/*.prisma say.')
    return true
  }
  if (drift.code === null) return false // interrupted
  console.error(drift.output)
  console.error(
    drift.code === 2
      ? 'prisma/*.prisma say more or less than the migrations make; what is missing is above. Write it into a new\n' +
          'migration with `npm run migrate:new -- what_it_does`, read it, and commit it with the change.'
      : 'The migrations do not apply to an empty database: see above. Mend the migration.sql that it names.',
  )
  return false
}

/** Also where nothing is missing: then an empty one, for what Prisma cannot say (functions, CHECKs, data). */
async function create(url: string, name: string | undefined): Promise<boolean> {
  if (!name || !/^[a-z0-9_]+$/.test(name)) {
    console.error('Say what the migration does: `npm run migrate:new -- add_personal_records` (a-z, 0-9 and _).')
    return false
  }
  const { code, output } = await prisma(url, ['migrate', 'dev', '--create-only', '--name', name])
  console.log(output)
  if (code !== 0) return false
  console.log('Read it and mend it by hand. The next `npm start` applies it; `npm run check:migrations` checks it.')
  return true
}

interface Ran {
  readonly code: number | null
  readonly output: string
}

async function prisma(url: string, args: readonly string[]): Promise<Ran> {
  const env = { ...process.env, DIRECT_URL: url }
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child = spawn(join(project, 'node_modules/.bin/prisma'), args, { cwd: project, env, stdio })
  const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, output: `${out}${err}`.trim() }
}

async function withPostgres<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-migrations-'))
  try {
    await using postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false })
    return await work(postgres.url())
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

// Ctrl-C ends the CLI, which ends the work above, which tidies up.
process.on('SIGINT', () => {})

const [command, name] = process.argv.slice(2)
const done = await withPostgres((url) => (command === 'new' ? create(url, name) : check(url)))
process.exitCode = done ? 0 : 1
