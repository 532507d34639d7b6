import type { App } from '../../app/app.ts'
import { bodyPlace } from '../../platform/inbox/inbox.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { existingEvents } from './existing-events.ts'

/** Decrypts what the event says only where that is asked for. */
export async function show({ db, sealer }: App, name: string, options: { readonly body: boolean }): Promise<void> {
  for (const event of await existingEvents(db.prisma, [name])) {
    const rows = Object.entries(event).map(([key, value]): [string, string] => [key, textOf(value)])
    write(renderTable(['what', 'value'], rows))
    if (!options.body) continue
    const row = await db.prisma.inboxEvent.findUnique({ where: { id: event.id }, select: { body: true } })
    write(row?.body ? pretty(sealer.open(row.body, bodyPlace)) : 'There is no body any more: the person was erased.')
  }
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return oneLine(String(value ?? ''), 2_000)
}

/** JSON escapes what would move the cursor of a terminal, but for the second set of control characters. */
function pretty(body: Buffer): string {
  const text = JSON.stringify(JSON.parse(body.toString('utf8')), null, 2)
  return text.replaceAll(/[\u007f-\u009f]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

function write(text: string): void {
  process.stdout.write(`${text}\n`)
}
