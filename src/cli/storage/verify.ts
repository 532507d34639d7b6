import type { App } from '../../app/app.ts'
import { isMismatch, verifyUploads } from '../../domains/uploads/index.ts'
import { runLong } from '../terminal/run-long.ts'

/** Reads all files and compares them with their rows. Throws at the end if files differ. */
export async function verify(
  { db, adapters, clock }: App,
  options: { restart: boolean; parallel: number; rows: number },
): Promise<void> {
  let mismatches = 0
  const head = ['upload', 'user', 'mismatch']
  await runLong({ head, rows: options.rows }, ({ begin, add, print, report, each }) =>
    each(verifyUploads({ db: db.prisma, bucket: adapters.bucket, clock }, options), (step) => {
      if (step.kind === 'begun') {
        const { total, checked, stoppedAt } = step
        mismatches = step.mismatches
        if (stoppedAt) print(`Continuing the run that stopped at ${stoppedAt.toISOString()}; --restart starts over.`)
        if (mismatches > 0) report.count('mismatches found by the stopped run', mismatches)
        begin({ total, done: checked, unit: 'files' })
        return
      }
      add(step.uploads.length)
      for (const { id, userId, verdict } of step.uploads) {
        if (!isMismatch(verdict)) {
          report.count(verdict)
          continue
        }
        mismatches += 1
        report.row(verdict, [id, userId, verdict])
      }
    }),
  )
  if (mismatches === 1) throw new Error('1 file does not match its row. Restore it from a backup of the bucket.')
  if (mismatches > 1) {
    throw new Error(`${mismatches} files do not match their rows. Restore them from a backup of the bucket.`)
  }
}
