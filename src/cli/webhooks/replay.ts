import type { App } from '../../app/app.ts'
import { countEvents, type InboxFilter } from '../../platform/inbox/inbox-list.ts'
import { replayEvents } from '../../platform/inbox/inbox-replay.ts'
import { runLong } from '../terminal/run-long.ts'
import { existingEvents } from './existing-events.ts'
import { type FilterWish, filterOf } from './filter.ts'

type ReplayWish = FilterWish & { readonly all: boolean; readonly dryRun: boolean }

const erasedWithPerson = 'not replayed: their bodies were erased with the person'

export async function replay(app: App, names: readonly string[], wish: ReplayWish): Promise<void> {
  const { db, clock } = app
  const filter = await choose(app, names, wish)
  const { total, erased } = await countEvents(db.prisma, filter)
  await runLong({ head: [], rows: 0, dryRun: wish.dryRun }, async ({ begin, add, report, each }) => {
    const tell = (counts: { replayed: number; erased: number }) => {
      report.count('replayed', counts.replayed)
      if (counts.erased > 0) report.count(erasedWithPerson, counts.erased)
    }
    tell({ replayed: wish.dryRun ? total - erased : 0, erased: wish.dryRun ? erased : 0 })
    if (wish.dryRun) return
    begin({ total, unit: 'events' })
    await each(replayEvents({ db, clock }, filter), (step) => {
      tell(step)
      add(step.replayed + step.erased)
    })
  })
}

/** Nothing is replayed by accident: somebody says which events, or that it is all of them. */
async function choose({ db, clock }: App, names: readonly string[], wish: ReplayWish): Promise<InboxFilter> {
  const filter = filterOf(wish, clock())
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  if (names.length > 0 && (isFiltered || wish.all)) throw new Error('Name events or filter them, not both.')
  if (isFiltered && wish.all) throw new Error('--all takes every event, so no filter goes with it.')
  if (names.length > 0) return { ids: (await existingEvents(db.prisma, names)).map(({ id }) => id) }
  if (isFiltered || wish.all) return filter
  throw new Error('Which events? Name them, filter them (--state DEAD), or say --all.')
}
