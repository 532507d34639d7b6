import type { App } from '../../app/app.ts'
import { linkLegacyUsers } from '../../domains/users/index.ts'
import { runLong } from '../terminal/run-long.ts'
import { directoryOf } from './directory-of.ts'

/** What nobody has to look at; listed, it would hide what somebody should. */
const wantsNobody: ReadonlySet<string> = new Set(['linked', 'created', 'nobody at Clerk'])

export async function link(app: App, options: { create: boolean; dryRun: boolean; rows: number }): Promise<void> {
  const { db, emails, onArrival, clock } = app
  const directory = directoryOf(app, 'users link-clerk')
  await runLong({ head: ['legacy id', 'what', 'about'], ...options }, ({ begin, add, report, wait, each }) =>
    each(linkLegacyUsers({ db, emails, onArrival, clock, directory, wait }, options), (step) => {
      if (step.kind === 'begun') {
        begin({ total: step.total, unit: 'people' })
        if (step.withoutAddress > 0) report.count('without an address', step.withoutAddress)
        return
      }
      add(step.results.length)
      for (const { legacyId, outcome, about } of step.results) {
        if (wantsNobody.has(outcome)) report.count(outcome)
        else report.row(outcome, [legacyId, outcome, about])
      }
    }),
  )
}
