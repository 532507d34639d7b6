import type { App } from '../../app/app.ts'
import { verifyLedger } from '../../domains/credits/index.ts'
import { renderTable } from '../terminal/table.ts'

/** Checks all invariants of the ledger and prints the result of each. Throws at the end if one does not hold. */
export async function verify({ db }: App): Promise<void> {
  const verdicts = await verifyLedger(db)
  const rows = verdicts.map(({ name, mismatches, example }) => [name, mismatches, example ?? ''])
  process.stdout.write(`${renderTable(['invariant', 'mismatches', 'example'], rows)}\n`)
  const broken = verdicts.filter(({ mismatches }) => mismatches > 0).length
  if (broken > 0) {
    throw new Error(
      `${broken} of ${verdicts.length} invariants ${broken === 1 ? 'has' : 'have'} mismatches: rows of the ledger were changed outside its SQL functions.`,
    )
  }
}
