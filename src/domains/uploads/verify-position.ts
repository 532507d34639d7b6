import { z } from 'zod'
import type { Reader } from '../../platform/database/db.ts'

const position = z.object({
  /** Files with greater ids come next; null is the beginning. */
  afterId: z.uuid().nullable(),
  checked: z.number(),
  /** How many of those were not as their rows say. */
  lies: z.number(),
})

/** How far a verification has come. */
export type VerifyPosition = z.infer<typeof position>

const name = 'storage verify'
/** What was right longer ago says too little of today. */
const lifetimeMs = 24 * 3_600_000

/** Where a run was stopped within the last 24 hours, or null. */
export async function readVerifyPosition(
  db: Reader,
  now: Date,
): Promise<{ position: VerifyPosition; stoppedAt: Date } | null> {
  const kept = await db.bookmark.findUnique({ where: { name } })
  if (!kept || now.getTime() - kept.updatedAt.getTime() > lifetimeMs) return null
  const parsed = position.safeParse(kept.position)
  return parsed.success ? { position: parsed.data, stoppedAt: kept.updatedAt } : null
}

/** Null: it is finished, and nothing is kept. */
export async function keepVerifyPosition(db: Reader, position: VerifyPosition | null, now: Date): Promise<void> {
  if (position === null) {
    await db.bookmark.deleteMany({ where: { name } })
    return
  }
  const kept = { position, updatedAt: now }
  await db.bookmark.upsert({ where: { name }, create: { name, ...kept }, update: kept })
}
