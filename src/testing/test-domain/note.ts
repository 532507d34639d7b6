import type { Reader } from '../../platform/database/db.ts'

export interface Note {
  readonly id: string
  readonly userId: string
  readonly text: string
  /** Set by the job. */
  readonly length: number | null
}

/** The only table of the domain. A real domain declares a Prisma model and a migration. */
export const notesTable = `
  CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users, text text NOT NULL, length integer);
  GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO PUBLIC`

export const noteTopic = (id: string) => `note:${id}`

export async function findNote(db: Reader, id: string, userId: string): Promise<Note | null> {
  const [note] = await db.$queryRaw<Note[]>`
    SELECT id, user_id AS "userId", text, length FROM notes WHERE id = ${id}::uuid AND user_id = ${userId}::uuid`
  return note ?? null
}
