import type { App } from '../../app/app.ts'
import { verifyLedger } from '../../domains/credits/index.ts'
import { renderTable } from '../terminal/table.ts'

/** Throws where something does not hold, when all of it was checked. */
export async function verify({ db }: App): Promise<void> {
  const verdicts = await verifyLedger(db)
  const rows = verdicts.map(({ name, lies, example }) => [name, lies, example ?? ''])
  process.stdout.write(`${renderTable(['what must hold', 'lies', 'example'], rows)}\n`)
  const broken = verdicts.filter(({ lies }) => lies > 0).length
  if (broken > 0) throw new Error(`${broken} of ${verdicts.length} do not hold: not only commands wrote the ledger.`)
}
