import type { App } from '../../app/app.ts'
import { type InboxListing, listEvents } from '../../platform/inbox/inbox-list.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { type FilterWish, filterOf } from './filter.ts'

export async function list(
  { db, clock }: App,
  wish: FilterWish & { readonly limit: number; readonly json: boolean },
): Promise<void> {
  const events = await listEvents(db.prisma, { filter: filterOf(wish, clock()), limit: wish.limit + 1 })
  const shown = events.slice(0, wish.limit)
  const head = ['id', 'source', 'type', 'state', 'attempts', 'received', 'next attempt or error']
  process.stdout.write(`${wish.json ? JSON.stringify(shown, null, 2) : renderTable(head, shown.map(rowOf))}\n`)
  if (events.length > shown.length) {
    process.stderr.write(`These are the newest ${shown.length}; there are more. --limit and the filters show others.\n`)
  }
}

function rowOf(event: InboxListing): (string | number)[] {
  const { id, source, type, state, attempts, receivedAt, nextAttemptAt, lastError } = event
  const next = [nextAttemptAt?.toISOString(), lastError].filter(Boolean).join(' ')
  return [id, source, oneLine(type, 40), state, attempts, receivedAt.toISOString(), oneLine(next, widthLeft())]
}

/** The other columns take 125 with a type such as user.created. */
const widthLeft = () => Math.max(24, (process.stdout.columns ?? 200) - 125)
