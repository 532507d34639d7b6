import type { App } from '../../app/app.ts'
import { runLong } from '../../cli/terminal/run-long.ts'
import { requireDirectory } from '../../cli/users/require-directory.ts'
import { users } from '../../domains/users/index.ts'
import { type LinkOutcome, linkLegacyUsers } from '../users/link-users.ts'

/** These outcomes need no attention. They are counted and not listed, so that the list shows only what does. */
const countedOnly: ReadonlySet<string> = new Set<LinkOutcome>(['linked', 'created', 'not found at Clerk'])

/** Links imported users to Clerk users and reports the outcome of each. */
export async function link(app: App, options: { create: boolean; dryRun: boolean; rows: number }): Promise<void> {
  const directory = requireDirectory(app, 'users link-clerk')
  await runLong({ head: ['legacy id', 'outcome', 'details'], ...options }, ({ begin, add, report, wait, each }) =>
    each(linkLegacyUsers({ ...app.services(users), directory, wait }, options), (step) => {
      if (step.kind === 'begun') {
        begin({ total: step.total, unit: 'users' })
        if (step.withoutAddress > 0) report.count('without an e-mail address', step.withoutAddress)
        return
      }
      add(step.results.length)
      for (const { legacyId, outcome, about } of step.results) {
        if (countedOnly.has(outcome)) report.count(outcome)
        else report.row(outcome, [legacyId, outcome, about])
      }
    }),
  )
}
