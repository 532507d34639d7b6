import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import { Client } from 'pg'
import { createAdapters } from '../src/app/adapters.ts'
import { type App, createApp } from '../src/app/app.ts'
import { isComplete, readSettings } from '../src/config/config.ts'
import { freePort } from '../src/dev/embedded/free-port.ts'
import { postgresAccount } from '../src/dev/embedded/postgres-account.ts'
import { startR2 } from '../src/dev/embedded/r2.ts'
import { ensureRuntimeLogin, runtimeLogin } from '../src/dev/embedded/runtime-login.ts'
import { developmentIdentity } from '../src/dev/identity.ts'
import { seed } from '../src/dev/seed/seed.ts'
import { verifyLedger } from '../src/domains/credits/index.ts'
import { isMismatch, verifyUploads } from '../src/domains/uploads/index.ts'
import { systemClock } from '../src/platform/clock.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { production } from '../src/testing/production.ts'

/*
 * `npm run test:restore`: seeds a database, dumps it with pg_dump, restores the dump into another server, and checks there
 * that all rows, the ledger and all files are complete. The servers are Debian's (apt-get install postgresql), because
 * pg_dump cannot dump a server that is newer than itself, and the embedded Postgres comes without pg_dump.
 */

const debian = '/usr/lib/postgresql'
const bucket = { bucket: 'uploads', accessKeyId: 'restore', secretAccessKey: 'restore-secret' }

interface Server extends AsyncDisposable {
  url(role: string): string
}

function newestTools(): string {
  const versions = readdirSync(debian)
    .map(Number)
    .sort((one, other) => other - one)
  if (versions[0] === undefined) throw new Error('There is no PostgreSQL: apt-get install postgresql.')
  return join(debian, String(versions[0]), 'bin')
}

async function startServer(tools: string, folder: string): Promise<Server> {
  const cluster = join(folder, 'cluster')
  mkdirSync(cluster, { recursive: true })
  const account = postgresAccount(folder)
  if (account) chownSync(cluster, account.uid, account.gid)
  const run = { ...account, cwd: cluster }
  const initdb = ['-D', cluster, '-A', 'trust', '-U', 'postgres', '--encoding=UTF8', '--locale=C.UTF-8']
  execFileSync(join(tools, 'initdb'), initdb, { ...run, stdio: 'ignore' })
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'fsync=off']
  const args = ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])]
  const child = spawn(join(tools, 'postgres'), args, { ...run, stdio: 'ignore' })
  const server: Server = {
    url: (role) => `postgresql://${role}@127.0.0.1:${port}/pacer`,
    [Symbol.asyncDispose]: () => end(child),
  }
  await prepare(`postgresql://postgres@127.0.0.1:${port}/postgres`)
  return server
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  await ended
}

/** Creates the roles, which a dump of a database does not contain, and an empty database. */
async function prepare(url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
    } catch (error) {
      if (attempt === 100) throw error
      await sleep(100)
      continue
    }
    await ensureRuntimeLogin(client)
    await client.query('CREATE DATABASE pacer')
    return client.end()
  }
}

async function countRows(url: string): Promise<Map<string, number>> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const counts = new Map<string, number>()
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'graphile_worker') ORDER BY 1`,
  )
  for (const { name } of rows) {
    const counted = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`)
    counts.set(name, counted.rows[0]?.n ?? 0)
  }
  await client.end()
  return counts
}

const tools = newestTools()
const version = execFileSync(join(tools, 'pg_dump'), ['--version'], { encoding: 'utf8' }).trim()
await using stack = new AsyncDisposableStack()
const dataDir = await mkdtemp(join(tmpdir(), 'pacer-restore-'))
chmodSync(dataDir, 0o755)
stack.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
const first = stack.use(await startServer(tools, join(dataDir, 'first')))
const second = stack.use(await startServer(tools, join(dataDir, 'second')))
const r2 = stack.use(await startR2({ dataDir: join(dataDir, 'r2'), ...bucket }))
const { env } = await production(
  { dataDir, bucket: { ...r2, name: bucket.bucket } },
  { url: first.url(runtimeLogin), ownerUrl: first.url('postgres') },
)

/** Without Clerk's secret key, so that users are created from the claims of their tokens. */
function open(server: Server): App {
  const { CLERK_SECRET_KEY: _, ...others } = env
  const database = { DATABASE_URL: server.url(runtimeLogin), DIRECT_URL: server.url('postgres') }
  const settings = readSettings({ ...others, ...database, NODE_ENV: 'development' })
  if (!isComplete(settings)) throw new Error('The environment is not complete.')
  return createApp({ config: settings, adapters: createAdapters(settings), log: silentLog, clock: systemClock })
}

await migrate({ url: first.url('postgres') })
await using before = open(first)
for await (const _ of seed(before, await developmentIdentity(dataDir)));
const dump = join(dataDir, 'pacer.dump')
execFileSync(join(tools, 'pg_dump'), ['--format=custom', '--file', dump, first.url('postgres')])
execFileSync(join(tools, 'pg_restore'), ['--no-owner', '--exit-on-error', '--dbname', second.url('postgres'), dump])

const table = new Table({
  head: ['check after the restore', 'checked', 'wrong'],
  style: { head: [], border: [] },
})
let wrongInAll = 0
const report = (what: string, checked: number, wrong: number) => {
  wrongInAll += wrong + (checked === 0 ? 1 : 0)
  table.push([what, checked, wrong])
}
const [was, is] = [await countRows(first.url('postgres')), await countRows(second.url('postgres'))]
const rowsInAll = [...was.values()].reduce((sum, count) => sum + count, 0)
report(
  `tables have all rows (${rowsInAll})`,
  was.size,
  [...was].filter(([name, count]) => is.get(name) !== count).length,
)
report('no migration is pending', 1, (await migrate({ url: second.url('postgres') })).applied.length)
await using after = open(second)
const ledger = await verifyLedger(after.db)
report('invariants of the ledger', ledger.length, ledger.filter((verdict) => verdict.mismatches > 0).length)
let files = 0
let mismatches = 0
const { adapters, clock, db } = after
for await (const step of verifyUploads(
  { db: db.prisma, bucket: adapters.bucket, clock },
  { restart: true, parallel: 4 },
)) {
  if (step.kind === 'begun') continue
  files += step.uploads.length
  mismatches += step.uploads.filter(({ verdict }) => isMismatch(verdict)).length
}
report('files match their rows', files, mismatches)
console.log(`${version}, ${Math.round(process.uptime())} s`)
console.log(table.toString())
if (wrongInAll > 0) process.exitCode = 1
