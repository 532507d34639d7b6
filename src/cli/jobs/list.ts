import type { App } from '../../app/app.ts'
import { listJobs, type QueueFilter, type QueueListing } from '../../platform/jobs/list-jobs.ts'
import { counted } from '../terminal/counted.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'

export interface ListInput extends QueueFilter {
  readonly limit: number
  readonly oldest: boolean
  readonly json: boolean
}

export async function list({ db }: App, input: ListInput): Promise<void> {
  const { limit, oldest, json, ...filter } = input
  const jobs = await listJobs(db.prisma, { filter, limit: limit + 1, oldestFirst: oldest })
  const shown = jobs.slice(0, limit)
  const head = ['id', 'name', 'lane', 'state', 'attempts', 'progress', 'added', 'due', 'last error']
  process.stdout.write(`${json ? JSON.stringify(shown, null, 2) : renderTable(head, shown.map(rowOf))}\n`)
  if (jobs.length > shown.length) {
    const which = oldest ? 'oldest' : 'newest'
    process.stderr.write(`These are the ${which} ${limit}; there are more. --limit and the filters show others.\n`)
  }
}

function rowOf(job: QueueListing): string[] {
  const { id, name, lane, state, attempts, maxAttempts, createdAt, runAt, lastError } = job
  const due = state === 'waiting' ? runAt.toISOString() : ''
  const added = createdAt.toISOString()
  const error = oneLine(lastError ?? '', widthLeft())
  const tried = `${attempts} of ${maxAttempts}`
  return [id, oneLine(name, 40), lane ?? '?', state, tried, progressOf(job), added, due, error]
}

/** The step that is running, or how many are finished, and the percentage: `transcribe, 40 %`. */
function progressOf({ step, finishedSteps, percent }: QueueListing): string {
  const count = finishedSteps.length
  const done = count === 0 ? null : `${counted(count, 'step')} done`
  const parts = [step === null ? done : oneLine(step, 24), percent === null ? null : `${percent} %`]
  return parts.filter((part) => part !== null).join(', ')
}

/** The other columns take 160 with a name such as activities.read-file and a step. */
const widthLeft = () => Math.max(24, (process.stdout.columns ?? 240) - 160)
