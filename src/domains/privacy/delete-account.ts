import type { Database } from '../../platform/db.ts'
import { InvalidInput } from '../../platform/errors.ts'
import { markDeleting, Unauthenticated } from '../users/index.ts'
import { scheduleErasure } from './schedule-erasure.ts'

interface Farewell {
  readonly userId: string
  readonly confirm: string
  readonly now: Date
}

/**
 * Refuses the person from this commit on and has them erased. Of two requests at once both succeed and one erasure
 * begins; later ones are refused with the person. Throws InvalidInput.
 */
export async function deleteAccount(db: Database, { userId, confirm, now }: Farewell): Promise<void> {
  if (confirm !== 'DELETE') throw InvalidInput.at(['confirm'], 'Write DELETE, in capitals, to delete your account.')
  try {
    await db.transaction((tx) => markDeleting(tx, scheduleErasure, { userId, now }))
  } catch (error) {
    // The other of two was first, and this person is refused by now: as they wanted.
    if (!(error instanceof Unauthenticated) || !(await isLeaving(db, userId))) throw error
  }
}

async function isLeaving({ prisma }: Database, userId: string): Promise<boolean> {
  return (await prisma.user.count({ where: { id: userId, standing: { in: ['DELETING', 'DELETED'] } } })) === 1
}
