import type { z } from 'zod'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Reader } from './database/db.ts'

/** The saved position of a long command, so that a run that was stopped continues from there. */
export interface Bookmark<Position> {
  /** Null where nothing is saved, where it is older than the lifetime, or where the schema no longer accepts it. */
  read(db: Reader, now: Date): Promise<SavedPosition<Position> | null>
  /** Replaces the saved position. */
  keep(db: Reader, position: Position, now: Date): Promise<void>
  remove(db: Reader): Promise<void>
}

export interface SavedPosition<Position> {
  readonly position: Position
  readonly savedAt: Date
}

export interface BookmarkOptions<Position> {
  /** The primary key in the table; one per command. */
  readonly name: string
  readonly schema: z.ZodType<Position>
  /** An older position is ignored, because too much may have changed before it. */
  readonly lifetimeMs: number
}

export function defineBookmark<Position extends Prisma.InputJsonValue>({
  name,
  schema,
  lifetimeMs,
}: BookmarkOptions<Position>): Bookmark<Position> {
  return {
    async read(db, now) {
      const row = await db.bookmark.findUnique({ where: { name } })
      if (!row || now.getTime() - row.updatedAt.getTime() > lifetimeMs) return null
      const parsed = schema.safeParse(row.position)
      return parsed.success ? { position: parsed.data, savedAt: row.updatedAt } : null
    },
    async keep(db, position, now) {
      const values = { position, updatedAt: now }
      await db.bookmark.upsert({ where: { name }, create: { name, ...values }, update: values })
    },
    async remove(db) {
      await db.bookmark.deleteMany({ where: { name } })
    },
  }
}
