import type { App } from '../../app/app.ts'
import { listJobs, type QueueFilter, type QueueListing } from '../../platform/queue/queue-list.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'

export interface ListWish extends QueueFilter {
  readonly limit: number
  readonly oldest: boolean
  readonly json: boolean
}

export async function list({ db }: App, { limit, oldest, json, state, name }: ListWish): Promise<void> {
  const jobs = await listJobs(db.prisma, { filter: { state, name }, limit: limit + 1, oldestFirst: oldest })
  const shown = jobs.slice(0, limit)
  const head = ['id', 'name', 'state', 'attempts', 'added', 'due', 'last error']
  process.stdout.write(`${json ? JSON.stringify(shown, null, 2) : renderTable(head, shown.map(rowOf))}\n`)
  if (jobs.length > shown.length) {
    const which = oldest ? 'oldest' : 'newest'
    process.stderr.write(`These are the ${which} ${limit}; there are more. --limit and the filters show others.\n`)
  }
}

function rowOf({ id, name, state, attempts, maxAttempts, createdAt, runAt, lastError }: QueueListing) {
  const due = state === 'waiting' ? runAt.toISOString() : ''
  const tried = `${attempts} of ${maxAttempts}`
  return [id, oneLine(name, 40), state, tried, createdAt.toISOString(), due, oneLine(lastError ?? '', widthLeft())]
}

/** The other columns take 125 with a name such as activities.read-file. */
const widthLeft = () => Math.max(24, (process.stdout.columns ?? 200) - 125)
