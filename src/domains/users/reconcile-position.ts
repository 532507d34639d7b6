import { z } from 'zod'
import type { Reader } from '../../platform/database/db.ts'

const position = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('clerk'),
    /** People created at or after this instant (ms) come next; null is the beginning. */
    from: z.number().nullable(),
    /** How many of that instant are passed over. */
    offset: z.number(),
    /** Who of that instant has been compared. */
    seen: z.array(z.string()),
    compared: z.number(),
  }),
  z.object({ phase: z.literal('rows'), afterId: z.uuid().nullable(), compared: z.number() }),
])

/** How far a reconciliation has come. */
export type Position = z.infer<typeof position>

const name = 'users reconcile'
/** After that long so much may have changed before the place that a new beginning is what one wants. */
const lifetimeMs = 24 * 3_600_000

/** Where a run was stopped within the last 24 hours, or null. */
export async function readPosition(db: Reader, now: Date): Promise<{ position: Position; stoppedAt: Date } | null> {
  const kept = await db.bookmark.findUnique({ where: { name } })
  if (!kept || now.getTime() - kept.updatedAt.getTime() > lifetimeMs) return null
  const parsed = position.safeParse(kept.position)
  return parsed.success ? { position: parsed.data, stoppedAt: kept.updatedAt } : null
}

/** Null: it is finished, and nothing is kept. */
export async function keepPosition(db: Reader, position: Position | null, now: Date): Promise<void> {
  if (position === null) {
    await db.bookmark.deleteMany({ where: { name } })
    return
  }
  const kept = { position, updatedAt: now }
  await db.bookmark.upsert({ where: { name }, create: { name, ...kept }, update: kept })
}
