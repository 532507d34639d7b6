import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { renderTable } from '../src/cli/terminal/table.ts'
import { startPostgres } from '../src/dev/embedded/postgres.ts'
import { createDatabase, type Database } from '../src/platform/database/db.ts'
import { migrate } from '../src/platform/database/migrate.ts'
import { defineJob, enqueue, enqueueMany, handle } from '../src/platform/jobs/define-job.ts'
import { defaultJobConcurrency } from '../src/platform/jobs/lanes.ts'
import { runJobs } from '../src/platform/jobs/run-jobs.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { percentile } from './percentile.ts'
import { turns } from './turns.ts'

const rounds = 5
const jobsOfRound = 60
/** The first jobs of a worker wait for its connections and for V8. */
const warmUp = 30
const longJobs = 20
const messages = 100_000
const jobsOfStatement = 5_000

const short = defineJob({ name: 'bench.short', payload: z.object({ addedAt: z.number() }) })
const long = defineJob({ name: 'bench.long', payload: z.object({}), lane: 'render' })
const message = defineJob({ name: 'bench.message', payload: z.object({}), lane: 'send' })

/**
 * How long a job of the lane `default` waits, from its transaction's beginning until its handler begins: in an empty queue;
 * while a long job runs in another lane and 20 wait; and while 100,000 messages wait in a third one as well. In turns. Then
 * the delays beside the slow files of one user (turns.ts).
 */
export async function lanes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-bench-'))
  try {
    await using postgres = await startPostgres({ dataDir: folder, durable: false })
    const url = postgres.url()
    await migrate({ url })
    await using db = createDatabase({ url, isPooled: false, poolSize: 2, log: silentLog, onNotify: () => undefined })
    return `${await measure(db, url)}\n${await turns(db, url)}`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(db: Database, directUrl: string): Promise<string> {
  const queues = [
    { name: 'an empty queue', fill: async () => undefined, delays: [] as number[] },
    { name: `${longJobs} long jobs wait, one runs`, fill: () => add(db, long, longJobs + 1), delays: [] as number[] },
    {
      name: `and ${messages.toLocaleString('en')} messages wait`,
      fill: () => add(db, message, messages),
      delays: [] as number[],
    },
  ]
  for (let round = 0; round < rounds; round += 1) {
    await db.pool.query('TRUNCATE graphile_worker._private_jobs')
    let onShort: (addedAt: number) => void = () => undefined
    let longRunning = 0
    const handlers = [
      handle(short, async ({ addedAt }) => onShort(addedAt)),
      handle(long, async (_payload, { signal }) => {
        longRunning += 1
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        signal.throwIfAborted()
      }),
    ]
    // Nobody sends the messages: they wait.
    const concurrency = { ...defaultJobConcurrency, send: 0 }
    await using _jobs = await runJobs({ directUrl, handlers, cron: [], concurrency, log: silentLog })
    const timeOfJob = async (): Promise<number> => {
      const delay = new Promise<number>((resolve) => {
        onShort = (addedAt) => resolve(performance.now() - addedAt)
      })
      await db.transaction((tx) => enqueue(tx, short, { addedAt: performance.now() }))
      return delay
    }
    for (let nth = 0; nth < warmUp; nth += 1) await timeOfJob()
    for (const [place, { fill, delays }] of queues.entries()) {
      await fill()
      while (place > 0 && longRunning === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      for (let nth = 0; nth < jobsOfRound; nth += 1) delays.push(await timeOfJob())
    }
  }
  const base = percentile(queues[0]?.delays ?? [], 0.5)
  const rows = queues.map(({ name, delays }) => {
    const [p50, p99] = [percentile(delays, 0.5), percentile(delays, 0.99)]
    return [name, p50.toFixed(1), p99.toFixed(1), `${(p50 / base).toFixed(2)} ×`]
  })
  return renderTable(['a default job, while', 'ms, p50', 'ms, p99', 'ratio'], rows)
}

async function add(db: Database, job: typeof long, count: number): Promise<void> {
  for (let added = 0; added < count; added += jobsOfStatement) {
    const length = Math.min(jobsOfStatement, count - added)
    const items = Array.from({ length }, (_, n) => ({ payload: {}, key: String(added + n) }))
    await db.transaction((tx) => enqueueMany(tx, job, items))
  }
}
