import type { Database } from '../../platform/database/db.ts'
import { capture } from './capture.ts'
import { HoldEnded } from './errors.ts'
import { release } from './release.ts'

/** What became of the work that credits are held for. */
export type HoldFate =
  | { readonly kind: 'running'; readonly until: Date }
  | { readonly kind: 'done'; readonly amount: number }
  | { readonly kind: 'failed' }

/** Who knows it, by what a reference begins with: video, for 'video:<id>'. Passed in by app/. */
export type HoldOwners = Readonly<Record<string, (id: string) => Promise<HoldFate>>>

const batchSize = 100

/**
 * Looks after holds whose deadline has passed: their owner says what became of the work, and only then are they captured,
 * released, or given more time. Work that nobody knows any more is released. Resolves to how many holds it ended.
 */
export async function sweepHolds(db: Database, owners: HoldOwners, now: Date): Promise<number> {
  const due = await db.prisma.creditHold.findMany({
    where: { state: 'HELD', deadline: { lte: now } },
    select: { reference: true },
    orderBy: [{ deadline: 'asc' }, { id: 'asc' }],
    take: batchSize,
  })
  let ended = 0
  for (const { reference } of due) {
    const separator = reference.indexOf(':')
    const owner = owners[reference.slice(0, separator)]
    const fate: HoldFate = owner ? await owner(reference.slice(separator + 1)) : { kind: 'failed' }
    if (await settle(db, { reference, fate, now })) ended += 1
  }
  return ended
}

async function settle(db: Database, { reference, fate, now }: { reference: string; fate: HoldFate; now: Date }) {
  if (fate.kind === 'running') {
    const extended = { where: { reference, state: 'HELD' as const }, data: { deadline: fate.until } }
    await db.prisma.creditHold.updateMany(extended)
    return false
  }
  try {
    await db.transaction(async (tx) => {
      const held = await tx.creditHold.findUniqueOrThrow({ where: { reference }, select: { amount: true } })
      // No more is taken than was set aside, whatever the work came to; one owner's mistake must not stop the sweep.
      const amount = fate.kind === 'done' ? Math.min(fate.amount, held.amount) : 0
      if (amount > 0) await capture(tx, { reference, amount, description: 'Spent', now })
      else await release(tx, { reference, description: 'Given back', now })
    })
    return true
  } catch (error) {
    // Its owner was faster.
    if (error instanceof HoldEnded) return false
    throw error
  }
}
