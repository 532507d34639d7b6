import type { App } from '../../app/app.ts'
import { readBody } from '../../platform/inbox/inbox-body.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { existingEvents } from './existing-events.ts'

/** Prints an event. The body is decrypted only with --body. */
export async function show({ db, encryptor }: App, name: string, options: { readonly body: boolean }): Promise<void> {
  for (const event of await existingEvents(db.prisma, [name])) {
    const rows = Object.entries(event).map(([key, value]): [string, string] => [key, textOf(value)])
    write(renderTable(['field', 'value'], rows))
    if (!options.body) continue
    const body = await readBody(db.prisma, encryptor, event.id)
    write(body ? pretty(body) : 'The body was erased with the user.')
  }
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return oneLine(String(value ?? ''), 2_000)
}

/** Indents JSON and escapes the C1 control characters, which JSON leaves unescaped and terminals interpret. */
function pretty(body: Buffer): string {
  const text = JSON.stringify(JSON.parse(body.toString('utf8')), null, 2)
  return text.replaceAll(/[\u007f-\u009f]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

function write(text: string): void {
  process.stdout.write(`${text}\n`)
}
