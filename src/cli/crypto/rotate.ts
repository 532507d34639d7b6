import type { App } from '../../app/app.ts'
import { sealedColumns } from '../../app/sealed-columns.ts'
import { countSealed, reseal } from '../../platform/sealing/reseal.ts'
import { runLong } from '../terminal/run-long.ts'
import { renderTable } from '../terminal/table.ts'

/** Throws where a value could not be opened, when all others are done. */
export async function rotate({ db: { pool }, sealer }: App, { rows }: { rows: number }): Promise<void> {
  const places = sealedColumns.map((sealed) => {
    return { sealed, name: `${sealed.table}.${sealed.column}`, resealed: 0, current: 0, unreadable: 0 }
  })
  async function* everyStep() {
    for (const place of places) for await (const step of reseal({ pool, sealer }, place.sealed)) yield { place, step }
  }
  try {
    await runLong({ head: ['place', 'row', 'why it stays as it is'], rows }, async ({ begin, add, report, each }) => {
      const counts = await Promise.all(sealedColumns.map((sealed) => countSealed(pool, sealed)))
      begin({ total: counts.reduce((sum, count) => sum + count, 0), unit: 'values' })
      await each(everyStep(), ({ place, step: { resealed, current, unreadable } }) => {
        add(resealed + current + unreadable.length)
        place.resealed += resealed
        place.current += current
        place.unreadable += unreadable.length
        for (const { id, reason } of unreadable) report.row('unreadable', [place.name, id, reason])
      })
    })
  } finally {
    const done = places.map(({ name, resealed, current, unreadable }) => [name, resealed, current, unreadable])
    process.stdout.write(`${renderTable(['place', 're-encrypted', 'already current', 'unreadable'], done)}\n`)
  }
  const unreadable = places.reduce((sum, place) => sum + place.unreadable, 0)
  if (unreadable > 0) throw new Error(`${unreadable} of the values could not be opened: drop no key yet.`)
}
