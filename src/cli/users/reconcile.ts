import type { App } from '../../app/app.ts'
import { scheduleErasure } from '../../domains/privacy/index.ts'
import { reconcileUsers } from '../../domains/users/index.ts'
import { runLong } from '../terminal/run-long.ts'
import { directoryOf } from './directory-of.ts'

export async function reconcile(
  app: App,
  options: { dryRun: boolean; restart: boolean; force: boolean; rows: number },
): Promise<void> {
  const { db, emails, onArrival, clock } = app
  const directory = directoryOf(app, 'users reconcile')
  await runLong({ head: ['Clerk id', 'what', 'fields'], ...options }, ({ begin, add, say, report, wait, each }) =>
    each(
      reconcileUsers({ db, emails, onArrival, clock, directory, onDeleting: scheduleErasure, wait }, options),
      (step) => {
        if (step.kind === 'begun') {
          const { total, compared, stoppedAt } = step
          if (stoppedAt) say(`Goes on where the run of ${stoppedAt.toISOString()} was stopped; --restart begins anew.`)
          begin({ total, done: compared, unit: 'comparisons' })
          return
        }
        add(step.compared)
        for (const { kind, clerkId, fields } of step.differences) report.row(kind, [clerkId, kind, fields.join(', ')])
        report.count('unchanged', step.unchanged)
      },
    ),
  )
}
