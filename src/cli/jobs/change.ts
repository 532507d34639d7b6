import type { App } from '../../app/app.ts'
import { cancelJobs, retryJobs } from '../../platform/queue/queue-change.ts'
import { listJobs, type QueueListing } from '../../platform/queue/queue-list.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { existingJobs } from './existing-jobs.ts'

/** Of one run; the next run takes the next ones. */
const mostAtOnce = 1_000

export interface RetryWish {
  /** Every failed job, instead of named ones. */
  readonly failed: boolean
  /** Of those, only the ones with this name. */
  readonly name?: string
}

export async function retry({ db }: App, ids: readonly string[], wish: RetryWish): Promise<void> {
  if (wish.failed === ids.length > 0) throw new Error('Which jobs? Name some, or say --failed for every failed one.')
  if (wish.name !== undefined && !wish.failed) throw new Error('--name goes with --failed.')
  const filter = { state: 'failed', name: wish.name } as const
  const jobs = wish.failed
    ? await listJobs(db.prisma, { filter, limit: mostAtOnce, oldestFirst: true })
    : await existingJobs(db.prisma, ids)
  const changed = await retryJobs(db.prisma, jobs.map(idOf))
  tell(jobs, (job) => (changed.has(job.id) ? 'due now' : 'at work, or done meanwhile'))
  if (wish.failed && jobs.length === mostAtOnce) {
    process.stderr.write(`These are the oldest ${mostAtOnce}; run the command again for more.\n`)
  }
}

/** Throws where a job is at work: nobody can take it from its worker. */
export async function cancel({ db }: App, ids: readonly string[]): Promise<void> {
  const jobs = await existingJobs(db.prisma, ids)
  const changed = await cancelJobs(db.prisma, jobs.map(idOf))
  const left = jobs.filter(({ id }) => !changed.has(id))
  tell(jobs, (job) => (changed.has(job.id) ? 'cancelled' : 'at work'))
  if (left.length === 0) return
  throw new Error(`At work now: ${left.map(idOf).join(', ')}. It ends by itself; cancel it once it waits again.`)
}

const idOf = ({ id }: QueueListing) => id

function tell(jobs: readonly QueueListing[], become: (job: QueueListing) => string): void {
  const rows = jobs.map((job) => [job.id, oneLine(job.name, 40), become(job)])
  process.stdout.write(`${renderTable(['id', 'name', 'what it is now'], rows)}\n`)
}
