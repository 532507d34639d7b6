import type { UserStanding } from '../../generated/prisma/enums.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { Unauthenticated } from './errors.ts'
import { maySignIn } from './may-sign-in.ts'

/**
 * The database for what a signed-in person changes: each transaction begins by locking the person's row and looking
 * again whether they may. So a deletion waits for the changes that are under way, and none comes after it. A person's
 * changes go one after another, which keeps those that write the row itself from deadlocking. One statement more.
 */
export function holdingPerson(db: Database, userId: string, clock: Clock): Database {
  return {
    ...db,
    transaction: (work) =>
      db.transaction(async (tx) => {
        await holdPerson(tx, userId, clock())
        return work(tx)
      }),
  }
}

/** Throws Unauthenticated for somebody who was banned or deleted since the request began. */
async function holdPerson(tx: Tx, userId: string, now: Date): Promise<void> {
  const [person] = await tx.$queryRaw<{ standing: UserStanding; lockedUntil: Date | null }[]>`
    SELECT standing, locked_until AS "lockedUntil" FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`
  if (!person || !maySignIn(person, now)) throw new Unauthenticated('invalid')
}

/**
 * The same as the beginning of a single statement, which takes half the time of a transaction: `held` has no row for
 * somebody who may not. $1 is the person's id, $2 the present instant.
 */
export const withHeldPerson = `WITH held AS (
  SELECT id AS held_id FROM users
  WHERE id = $1 AND (standing = 'ACTIVE' OR (standing = 'LOCKED' AND locked_until <= $2))
  FOR NO KEY UPDATE)`
