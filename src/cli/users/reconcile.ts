import type { App } from '../../app/app.ts'
import { reconcileUsers, users } from '../../domains/users/index.ts'
import { runLong } from '../terminal/run-long.ts'
import { requireDirectory } from './require-directory.ts'

/** Compares all users with Clerk, applies the differences, and reports them. */
export async function reconcile(
  app: App,
  options: { dryRun: boolean; restart: boolean; force: boolean; rows: number },
): Promise<void> {
  const directory = requireDirectory(app, 'users reconcile')
  await runLong({ head: ['Clerk id', 'change', 'fields'], ...options }, ({ begin, add, print, report, wait, each }) =>
    each(reconcileUsers({ ...app.services(users), directory, wait }, options), (step) => {
      if (step.kind === 'begun') {
        const { total, compared, stoppedAt } = step
        if (stoppedAt) print(`Continuing the run that stopped at ${stoppedAt.toISOString()}; --restart starts over.`)
        begin({ total, done: compared, unit: 'comparisons' })
        return
      }
      add(step.compared)
      for (const { kind, clerkId, fields } of step.differences) report.row(kind, [clerkId, kind, fields.join(', ')])
      report.count('unchanged', step.unchanged)
    }),
  )
}
