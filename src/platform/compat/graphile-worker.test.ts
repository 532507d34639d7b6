import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { completeJob } from './graphile-worker/job-outcomes.ts'
import { readDueJobs } from './graphile-worker/read-jobs.ts'
import { takeJobs } from './graphile-worker/take-jobs.ts'
import { pruneTurns, turnPriority } from './graphile-worker/turns.ts'
import { readHeldJobs } from './graphile-worker/workers.ts'

/*
 * What the folder graphile-worker/ uses of graphile-worker's private tables, as version 0.18 has it. When a test fails after an
 * upgrade, read what the library changed, compare its statements with ours, and then write the new value here.
 */

const source = fileURLToPath(new URL('../../', import.meta.url))
const library = fileURLToPath(new URL('../../../node_modules/graphile-worker/', import.meta.url))

let database: ClonedDatabase
let owner: ReturnType<typeof openPool>
beforeAll(async () => {
  database = await cloneDatabase()
  owner = openPool(database.ownerUrl, 1)
})
afterAll(async () => {
  await owner.end()
  await database[Symbol.asyncDispose]()
})

const linesOf = async (sql: string) => (await owner.query<{ line: string }>(sql)).rows.map(({ line }) => line)
const hashOf = (text: string | Buffer) => createHash('sha256').update(text).digest('hex').slice(0, 16)

test('the tables have these columns', async () => {
  const columns = await linesOf(`
    SELECT concat_ws(' ', table_name || '.' || column_name, data_type, CASE is_nullable WHEN 'NO' THEN 'not null' END,
      column_default, generation_expression) AS line
    FROM information_schema.columns
    WHERE table_schema = 'graphile_worker' AND table_name IN ('_private_jobs', '_private_tasks', '_private_known_crontabs')
    ORDER BY table_name, ordinal_position`)
  expect(columns).toMatchInlineSnapshot(`
    [
      "_private_jobs.id bigint not null",
      "_private_jobs.job_queue_id integer",
      "_private_jobs.task_id integer not null",
      "_private_jobs.payload json not null '{}'::json",
      "_private_jobs.priority smallint not null 0",
      "_private_jobs.run_at timestamp with time zone not null now()",
      "_private_jobs.attempts smallint not null 0",
      "_private_jobs.max_attempts smallint not null 25",
      "_private_jobs.last_error text",
      "_private_jobs.created_at timestamp with time zone not null now()",
      "_private_jobs.updated_at timestamp with time zone not null now()",
      "_private_jobs.key text",
      "_private_jobs.locked_at timestamp with time zone",
      "_private_jobs.locked_by text",
      "_private_jobs.revision integer not null 0",
      "_private_jobs.flags jsonb",
      "_private_jobs.is_available boolean not null ((locked_at IS NULL) AND (attempts < max_attempts))",
      "_private_known_crontabs.identifier text not null",
      "_private_known_crontabs.known_since timestamp with time zone not null",
      "_private_known_crontabs.last_execution timestamp with time zone",
      "_private_tasks.id integer not null",
      "_private_tasks.identifier text not null",
    ]
  `)
})

test('taking jobs of one priority reads one range of this index', async () => {
  expect(
    await linesOf(
      `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'graphile_worker' AND indexname ~ 'main'`,
    ),
  ).toMatchInlineSnapshot(`
    [
      "CREATE INDEX jobs_main_index ON graphile_worker._private_jobs USING btree (priority, run_at) INCLUDE (id, task_id, job_queue_id) WHERE (is_available = true)",
    ]
  `)
})

test('our own index has the jobs of an owner by the time when they are due', async () => {
  expect(
    await linesOf(
      `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'graphile_worker' AND indexname ~ 'pacer'`,
    ),
  ).toMatchInlineSnapshot(`
    [
      "CREATE INDEX pacer_jobs_by_owner ON graphile_worker._private_jobs USING btree (((payload ->> 'userId'::text)), is_available, run_at) WHERE ((priority + 0) = 250)",
    ]
  `)
})

test('a long queue of one priority costs the others nothing: no statement of the worker reads all jobs', async () => {
  await owner.query(`
    SELECT graphile_worker.add_jobs(ARRAY(
      SELECT ('message', '{}', NULL, NULL, 1, NULL, 3, NULL)::graphile_worker.job_spec FROM generate_series(1, 6000)))`)
  await owner.query('ANALYZE')
  const lock = { id: '1', revision: 0, worker: 'pool-1' }
  const free = [
    { priorities: [0, 100], slots: 4 },
    { priorities: [turnPriority], slots: 1 },
    { priorities: [3], slots: 32 },
  ]
  const plans = await plansOf([
    (db) => takeJobs(db, lock.worker, free, ['message', 'other']),
    (db) => completeJob(db, lock),
    (db) => readHeldJobs(db, lock.worker, ['1', '2']),
    (db) => readDueJobs(db, [0, 1, 2, 3, 4]),
    (db) => pruneTurns(db),
  ])
  expect(plans).toHaveLength(5)
  for (const plan of plans) expect(plan).not.toContain('Seq Scan on _private_jobs')
  await owner.query('TRUNCATE graphile_worker._private_jobs')
})

/** How Postgres would run these statements, without running them. */
async function plansOf(calls: readonly ((db: Pool) => Promise<unknown>)[]): Promise<string[]> {
  const plans: string[] = []
  const explain = async (asked: string | { text: string; values: unknown[] }, values?: unknown[]) => {
    const [text, given] = typeof asked === 'string' ? [asked, values] : [asked.text, asked.values]
    const { rows } = await owner.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, given)
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    return { rows: [], rowCount: 0 }
  }
  for (const call of calls) await call({ query: explain } as unknown as Pool)
  return plans
}

test('the functions are these, word for word', async () => {
  const { rows } = await owner.query<{ name: string; text: string }>(`
    SELECT proname AS name, pg_get_functiondef(oid) AS text FROM pg_proc
    WHERE pronamespace = 'graphile_worker'::regnamespace AND proname IN
      ('add_job', 'add_jobs', 'reschedule_jobs', 'permanently_fail_jobs', 'force_unlock_workers') ORDER BY 1`)
  expect(Object.fromEntries(rows.map(({ name, text }) => [name, hashOf(text)]))).toMatchInlineSnapshot(`
    {
      "add_job": "b9d5e4e34397d800",
      "add_jobs": "a2cf3b74c565cdb7",
      "force_unlock_workers": "964055d88eb32771",
      "permanently_fail_jobs": "96ee9e8015106324",
      "reschedule_jobs": "f7f13252428de9e4",
    }
  `)
  const jobSpec = `SELECT attname || ' ' || format_type(atttypid, NULL) AS line FROM pg_attribute
    WHERE attrelid = 'graphile_worker.job_spec'::regclass ORDER BY attnum`
  expect(await linesOf(jobSpec)).toMatchInlineSnapshot(`
    [
      "identifier text",
      "payload json",
      "queue_name text",
      "run_at timestamp with time zone",
      "max_attempts smallint",
      "job_key text",
      "priority smallint",
      "flags text[]",
    ]
  `)
})

test('the library itself takes, completes, fails and returns jobs by these statements, which ours follow', async () => {
  const files = ['getJobs.js', 'completeJobs.js', 'failJobs.js', 'returnJobs.js', 'resetLockedAt.js']
  const hashes = await Promise.all(
    files.map(async (file) => [file, hashOf(await readFile(join(library, 'dist/sql', file)))] as const),
  )
  expect(Object.fromEntries(hashes)).toMatchInlineSnapshot(`
    {
      "completeJobs.js": "ac9555b87f7715aa",
      "failJobs.js": "545c0920eb048dba",
      "getJobs.js": "8f98e9a8b3dfeb6f",
      "resetLockedAt.js": "23ff3bb2a6b1819f",
      "returnJobs.js": "830ab8476e65b322",
    }
  `)
})

test('no file outside the folder names the private tables', async () => {
  const files = await readdir(source, { recursive: true })
  const programs = files.filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('testing'),
  )
  expect(programs.length).toBeGreaterThan(100)
  const naming = await Promise.all(
    programs.map(async (file) => ((await readFile(join(source, file), 'utf8')).includes('_private_') ? [file] : [])),
  )
  const inFolder = (file: string) => file.startsWith(join('platform/compat/graphile-worker', sep))
  expect(naming.flat().filter(inFolder)).not.toEqual([])
  expect(naming.flat().filter((file) => !inFolder(file))).toEqual([])
})
