import type { App } from '../../app/app.ts'
import { isLie, verifyUploads } from '../../domains/uploads/index.ts'
import { runLong } from '../terminal/run-long.ts'

/** Throws where a file is not as its row says, when all of them were read. */
export async function verify(
  { db, adapters, clock }: App,
  options: { restart: boolean; parallel: number; rows: number },
): Promise<void> {
  let lies = 0
  const head = ['upload', 'person', 'what it is']
  await runLong({ head, rows: options.rows }, ({ begin, add, say, report, each }) =>
    each(verifyUploads({ db: db.prisma, bucket: adapters.bucket, clock }, options), (step) => {
      if (step.kind === 'begun') {
        const { total, checked, stoppedAt } = step
        lies = step.lies
        if (stoppedAt) say(`Goes on where the run of ${stoppedAt.toISOString()} was stopped; --restart begins anew.`)
        if (lies > 0) report.count('not as recorded, found by the run that was stopped', lies)
        begin({ total, done: checked, unit: 'files' })
        return
      }
      add(step.uploads.length)
      for (const { id, userId, verdict } of step.uploads) {
        if (!isLie(verdict)) {
          report.count(verdict)
          continue
        }
        lies += 1
        report.row(verdict, [id, userId, verdict])
      }
    }),
  )
  if (lies > 0) throw new Error(`${lies} files are not as their rows say. Restore them from a copy of the bucket.`)
}
