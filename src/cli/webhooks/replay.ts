import type { App } from '../../app/app.ts'
import { countEvents, type InboxFilter } from '../../platform/inbox/inbox-list.ts'
import { replayEvents } from '../../platform/inbox/inbox-replay.ts'
import { runLong } from '../terminal/run-long.ts'
import { existingEvents } from './existing-events.ts'
import { type FilterInput, filterOf } from './filter.ts'

type ReplayInput = FilterInput & { readonly all: boolean; readonly dryRun: boolean }

const erasedWithUser = 'not replayed: body erased with the user'

/** Queues events for processing again and reports how many. */
export async function replay(app: App, names: readonly string[], input: ReplayInput): Promise<void> {
  const { db, clock } = app
  const filter = await filterFrom(app, names, input)
  const { total, erased } = await countEvents(db.prisma, filter)
  await runLong({ head: [], rows: 0, dryRun: input.dryRun }, async ({ begin, add, report, each }) => {
    const count = (counts: { replayed: number; erased: number }) => {
      report.count('replayed', counts.replayed)
      if (counts.erased > 0) report.count(erasedWithUser, counts.erased)
    }
    count({ replayed: input.dryRun ? total - erased : 0, erased: input.dryRun ? erased : 0 })
    if (input.dryRun) return
    begin({ total, unit: 'events' })
    await each(replayEvents({ db, clock }, filter), (step) => {
      count(step)
      add(step.replayed + step.erased)
    })
  })
}

/** Requires ids, a filter or --all, so that nothing is replayed by accident. */
async function filterFrom({ db, clock }: App, names: readonly string[], input: ReplayInput): Promise<InboxFilter> {
  const filter = filterOf(input, clock())
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  if (names.length > 0 && (isFiltered || input.all)) throw new Error('Give ids or a filter, not both.')
  if (isFiltered && input.all) throw new Error('--all selects every event and cannot be combined with a filter.')
  if (names.length > 0) return { ids: (await existingEvents(db.prisma, names)).map(({ id }) => id) }
  if (isFiltered || input.all) return filter
  throw new Error('No events are selected. Give ids, a filter (--state DEAD) or --all.')
}
