import type { Database } from '../../platform/database/db.ts'
import { InvalidInput } from '../../platform/errors.ts'
import { endRenewals } from '../billing/index.ts'
import { markDeleting, Unauthenticated } from '../users/index.ts'
import { scheduleErasure } from './schedule-erasure.ts'

type DeleteAccountPorts = Parameters<typeof endRenewals>[0]

interface Farewell {
  readonly userId: string
  readonly confirm: string
  readonly now: Date
}

/**
 * Ends what the person pays for, then refuses them from this commit on and has them erased. Of two requests at once both
 * succeed and one erasure begins; later ones are refused with the person. Throws InvalidInput, and ManagedElsewhere or
 * ProviderUnavailable where a subscription would go on: then nothing is deleted.
 */
export async function deleteAccount(ports: DeleteAccountPorts, { userId, confirm, now }: Farewell): Promise<void> {
  const { db } = ports
  if (confirm !== 'DELETE') throw InvalidInput.at(['confirm'], 'Write DELETE, in capitals, to delete your account.')
  try {
    await endRenewals(ports, { userId })
    await db.transaction((tx) => markDeleting(tx, scheduleErasure, { userId, now }))
  } catch (error) {
    // The other of two was first, and this person is refused by now: as they wanted.
    if (!(error instanceof Unauthenticated) || !(await isLeaving(db, userId))) throw error
  }
}

async function isLeaving({ prisma }: Database, userId: string): Promise<boolean> {
  return (await prisma.user.count({ where: { id: userId, standing: { in: ['DELETING', 'DELETED'] } } })) === 1
}
