import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../../app/app.ts'
import { cancelJobs, retryJobs } from '../../platform/jobs/change-jobs.ts'
import { type JobState, listJobs, type QueueListing } from '../../platform/jobs/list-jobs.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { existingJobs } from './existing-jobs.ts'

/** In one run; the next run takes the next ones. */
const mostAtOnce = 1_000
/** A worker aborts a cancelled job within about a second; its handler then needs a moment to end. */
const cancelWaitMs = 5_000
const cancelPollMs = 200

export interface RetryInput {
  /** Every failed job, instead of named ones. */
  readonly failed: boolean
  /** Of those, only the ones with this name. */
  readonly name?: string
}

export async function retry({ db }: App, ids: readonly string[], input: RetryInput): Promise<void> {
  if (input.failed === ids.length > 0) throw new Error('Which jobs? Name some, or say --failed for every failed one.')
  if (input.name !== undefined && !input.failed) throw new Error('--name goes with --failed.')
  const filter = { state: 'failed', name: input.name } as const
  const jobs = input.failed
    ? await listJobs(db.prisma, { filter, limit: mostAtOnce, oldestFirst: true })
    : await existingJobs(db.prisma, ids)
  const changed = await retryJobs(db.prisma, jobs.map(idOf))
  print(jobs, (job) => (changed.has(job.id) ? 'due now' : 'running, or done meanwhile'))
  if (input.failed && jobs.length === mostAtOnce) {
    process.stderr.write(`These are the oldest ${mostAtOnce}; run the command again for more.\n`)
  }
}

/** Waits some seconds for running jobs to end. Throws where one still runs: its handler has not reacted to its signal yet. */
export async function cancel({ db }: App, ids: readonly string[]): Promise<void> {
  const jobs = await existingJobs(db.prisma, ids)
  await cancelJobs(db.prisma, jobs.map(idOf))
  const states = await statesWhenEnded(db, jobs.map(idOf))
  print(jobs, ({ id }) => cancelledStates[states.get(id) ?? 'done'])
  const running = jobs.map(idOf).filter((id) => states.get(id) === 'running')
  if (running.length === 0) return
  throw new Error(
    `Still running: ${running.join(', ')}. The worker was told to end it; \`jobs list\` shows when it has.`,
  )
}

const cancelledStates = { running: 'running', failed: 'cancelled', waiting: 'waits again', done: 'done meanwhile' }

/** The states of the jobs once none of them is running, or after a while; without those that are done. */
async function statesWhenEnded({ prisma }: App['db'], ids: readonly string[]): Promise<ReadonlyMap<string, JobState>> {
  const deadline = performance.now() + cancelWaitMs
  for (;;) {
    const jobs = await listJobs(prisma, { filter: { ids }, limit: ids.length, oldestFirst: true })
    const isOver = jobs.every(({ state }) => state !== 'running') || performance.now() > deadline
    if (isOver) return new Map(jobs.map(({ id, state }) => [id, state]))
    await sleep(cancelPollMs)
  }
}

const idOf = ({ id }: QueueListing) => id

function print(jobs: readonly QueueListing[], stateOf: (job: QueueListing) => string): void {
  const rows = jobs.map((job) => [job.id, oneLine(job.name, 40), stateOf(job)])
  process.stdout.write(`${renderTable(['id', 'name', 'state'], rows)}\n`)
}
