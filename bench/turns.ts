import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { renderTable } from '../src/cli/terminal/table.ts'
import type { Database } from '../src/platform/database/db.ts'
import { defineJob, enqueue, enqueueMany, handle, type JobType } from '../src/platform/jobs/define-job.ts'
import { defaultJobConcurrency } from '../src/platform/jobs/lanes.ts'
import { runJobs } from '../src/platform/jobs/run-jobs.ts'
import { silentLog } from '../src/platform/observability/log.ts'
import { percentile } from './percentile.ts'

const rounds = 5
const slowFiles = 50
/** How long a slow file takes. */
const slowMs = 200
const webhooksOfRound = 40
/** Each waits for a slow file, so that 10 of the 50 slow files are read meanwhile. */
const filesOfRound = 10

const timed = z.object({ addedAt: z.number(), userId: z.string() })
const slow = defineJob({ name: 'bench.slow-file', payload: z.object({ userId: z.string() }), lane: 'files' })
const file = defineJob({ name: 'bench.file', payload: timed, lane: 'files' })
const webhook = defineJob({ name: 'bench.webhook', payload: timed, priority: 'webhook' })

/**
 * How long a webhook and a file of another user wait while 50 slow files of one user do, of which one is read: each compared
 * with an empty queue, in turns.
 */
export async function turns(db: Database, directUrl: string): Promise<string> {
  const delays = {
    webhook: { empty: [] as number[], beside: [] as number[] },
    file: { empty: [] as number[], beside: [] as number[] },
  }
  for (let round = 0; round < rounds; round += 1) {
    await db.pool.query('TRUNCATE graphile_worker._private_jobs')
    await db.pool.query('TRUNCATE job_turns')
    let onRun: (addedAt: number) => void = () => undefined
    let slowRunning = 0
    const handlers = [
      handle(webhook, async ({ addedAt }) => onRun(addedAt)),
      handle(file, async ({ addedAt }) => onRun(addedAt)),
      handle(slow, async (_payload, { signal }) => {
        slowRunning += 1
        await sleep(slowMs, undefined, { signal })
      }),
    ]
    const concurrency = defaultJobConcurrency
    await using _jobs = await runJobs({ directUrl, handlers, cron: [], concurrency, log: silentLog })
    const delayOf = async (job: JobType<z.infer<typeof timed>>): Promise<number> => {
      const delay = new Promise<number>((resolve) => {
        onRun = (addedAt) => resolve(performance.now() - addedAt)
      })
      const payload = { addedAt: performance.now(), userId: randomUUID() }
      await db.transaction((tx) => enqueue(tx, job, payload))
      return delay
    }
    const measure = async (queue: 'empty' | 'beside') => {
      for (let nth = 0; nth < webhooksOfRound; nth += 1) delays.webhook[queue].push(await delayOf(webhook))
      for (let nth = 0; nth < filesOfRound; nth += 1) delays.file[queue].push(await delayOf(file))
    }
    for (let nth = 0; nth < webhooksOfRound; nth += 1) await delayOf(webhook)
    await measure('empty')
    const userId = randomUUID()
    const items = Array.from({ length: slowFiles }, (_, n) => ({ payload: { userId }, key: String(n) }))
    await db.transaction((tx) => enqueueMany(tx, slow, items))
    while (slowRunning === 0) await sleep(10)
    await measure('beside')
  }
  const rows = Object.entries(delays).map(([name, { empty, beside }]) => {
    const [p50, p99] = [percentile(beside, 0.5), percentile(beside, 0.99)]
    const base = percentile(empty, 0.5)
    const ofSlow = (p50 / slowMs).toFixed(2)
    return [name, base.toFixed(1), p50.toFixed(1), p99.toFixed(1), `${(p50 / base).toFixed(2)} ×`, ofSlow]
  })
  const head = ['of another user', 'ms, empty queue', 'ms, p50', 'ms, p99', 'ratio', `of a slow file (${slowMs} ms)`]
  return `beside ${slowFiles} slow files of one user\n${renderTable(head, rows)}`
}
