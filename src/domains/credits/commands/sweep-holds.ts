import type { CreditHold } from '../../../generated/prisma/client.ts'
import type { Database } from '../../../platform/database/db.ts'
import { inBatches } from '../../../platform/database/in-batches.ts'
import { HoldEnded } from '../errors.ts'
import { capture } from './capture.ts'
import { release } from './release.ts'

/** The state of the work that credits are held for. */
export type WorkState =
  | { readonly kind: 'running'; readonly until: Date }
  | { readonly kind: 'done'; readonly amount: number }
  | { readonly kind: 'failed' }

/** Reads the state of the work, by the prefix of the reference: video, for 'video:<id>'. Declared by other domains. */
export type CreditHoldOwners = Readonly<Record<string, (id: string) => Promise<WorkState>>>

const batchSize = 100

/**
 * Ends holds whose deadline has passed: asks the owner for the state of the work, then captures, releases or extends the
 * hold. A hold without an owner is released. Resolves to the number of ended holds.
 */
export async function sweepHolds(
  db: Database,
  owners: CreditHoldOwners,
  now: Date,
  signal?: AbortSignal,
): Promise<number> {
  let ended = 0
  let last: Pick<CreditHold, 'deadline' | 'id'> | undefined
  // Each hold is looked at once in a run, even if its owner says that it is still due.
  await inBatches({ size: batchSize, ...(signal && { signal }) }, async (size) => {
    const due = await db.prisma.creditHold.findMany({
      where: { state: 'HELD', deadline: { lte: now }, ...(last && after(last)) },
      select: { id: true, reference: true, deadline: true },
      orderBy: [{ deadline: 'asc' }, { id: 'asc' }],
      take: size,
    })
    for (const { reference } of due) {
      signal?.throwIfAborted()
      const separator = reference.indexOf(':')
      const owner = owners[reference.slice(0, separator)]
      const state: WorkState = owner ? await owner(reference.slice(separator + 1)) : { kind: 'failed' }
      if (await settle(db, { reference, state, now })) ended += 1
    }
    last = due.at(-1)
    return due.length
  })
  return ended
}

const after = ({ deadline, id }: Pick<CreditHold, 'deadline' | 'id'>) => ({
  OR: [{ deadline: { gt: deadline } }, { deadline, id: { gt: id } }],
})

async function settle(db: Database, { reference, state, now }: { reference: string; state: WorkState; now: Date }) {
  if (state.kind === 'running') {
    const extended = { where: { reference, state: 'HELD' as const }, data: { deadline: state.until } }
    await db.prisma.creditHold.updateMany(extended)
    return false
  }
  try {
    await db.transaction(async (tx) => {
      const held = await tx.creditHold.findUniqueOrThrow({ where: { reference }, select: { amount: true } })
      // Captures at most the held amount: a wrong amount of one owner must not stop the sweep.
      const amount = state.kind === 'done' ? Math.min(state.amount, held.amount) : 0
      if (amount > 0) await capture(tx, { reference, amount, description: 'Spent', now })
      else await release(tx, { reference, description: 'Given back', now })
    })
    return true
  } catch (error) {
    // The owner ended it meanwhile.
    if (error instanceof HoldEnded) return false
    throw error
  }
}
