import type { App } from '../../app/app.ts'
import { type InboxListing, listEvents } from '../../platform/inbox/inbox-list.ts'
import { counted } from '../terminal/counted.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { type FilterInput, filterOf } from './filter.ts'

/** Prints the newest events that match the filter. */
export async function list(
  { db, clock }: App,
  input: FilterInput & { readonly limit: number; readonly json: boolean },
): Promise<void> {
  const events = await listEvents(db.prisma, { filter: filterOf(input, clock()), limit: input.limit + 1 })
  const shown = events.slice(0, input.limit)
  const head = ['id', 'source', 'type', 'state', 'attempts', 'received', 'next attempt or error']
  process.stdout.write(`${input.json ? JSON.stringify(shown, null, 2) : renderTable(head, shown.map(rowOf))}\n`)
  if (events.length > shown.length) {
    process.stderr.write(
      `Only the newest ${counted(shown.length, 'event')} ${shown.length === 1 ? 'is' : 'are'} shown. Use --limit or a filter to see others.\n`,
    )
  }
}

function rowOf(event: InboxListing): (string | number)[] {
  const { id, source, type, state, attempts, receivedAt, nextAttemptAt, lastError } = event
  const next = [nextAttemptAt?.toISOString(), lastError].filter(Boolean).join(' ')
  return [id, source, oneLine(type, 40), state, attempts, receivedAt.toISOString(), oneLine(next, widthLeft())]
}

/** The other columns take 125 characters with a type such as user.created. */
const widthLeft = () => Math.max(24, (process.stdout.columns ?? 200) - 125)
