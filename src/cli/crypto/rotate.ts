import type { App } from '../../app/app.ts'
import { countEncrypted, reencrypt } from '../../platform/encryption/re-encrypt.ts'
import { counted } from '../terminal/counted.ts'
import { runLong } from '../terminal/run-long.ts'
import { renderTable } from '../terminal/table.ts'

/** Re-encrypts all values that an older key encrypted. Throws at the end if some values could not be decrypted. */
export async function rotate(
  { db: { pool }, encryptor, encryptedColumns }: App,
  { rows }: { rows: number },
): Promise<void> {
  const columns = encryptedColumns.map((column) => {
    return { column, name: `${column.table}.${column.column}`, reencrypted: 0, current: 0, unreadable: 0 }
  })
  async function* allSteps() {
    for (const counts of columns)
      for await (const step of reencrypt({ pool, encryptor }, counts.column)) yield { counts, step }
  }
  try {
    await runLong({ head: ['column', 'row', 'reason'], rows }, async ({ begin, add, report, each }) => {
      const totals = await Promise.all(encryptedColumns.map((column) => countEncrypted(pool, column)))
      begin({ total: totals.reduce((sum, count) => sum + count, 0), unit: 'values' })
      await each(allSteps(), ({ counts, step: { reencrypted, current, unreadable } }) => {
        add(reencrypted + current + unreadable.length)
        counts.reencrypted += reencrypted
        counts.current += current
        counts.unreadable += unreadable.length
        for (const { id, reason } of unreadable) report.row('unreadable', [counts.name, id, reason])
      })
    })
  } finally {
    const done = columns.map(({ name, reencrypted, current, unreadable }) => [name, reencrypted, current, unreadable])
    process.stdout.write(`${renderTable(['column', 're-encrypted', 'already current', 'unreadable'], done)}\n`)
  }
  const unreadable = columns.reduce((sum, counts) => sum + counts.unreadable, 0)
  if (unreadable > 0)
    throw new Error(`${counted(unreadable, 'value')} could not be decrypted. Do not remove any key yet.`)
}
