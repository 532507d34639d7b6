import { InvalidInput } from '../../../platform/errors.ts'
import { endRenewals } from '../../billing/index.ts'
import { markDeleting, presentUsers, runAs, Unauthenticated, type Viewer } from '../../users/index.ts'
import { privacyMessages } from '../messages.ts'
import type { PrivacyServices } from '../services.ts'

/**
 * Cancels the subscriptions that renew, then refuses the user's requests from this commit on and starts the erasure. Two
 * concurrent requests both succeed and start one erasure; later requests are refused with Unauthenticated. Throws
 * InvalidInput, and ManagedElsewhere or ProviderUnavailable if a subscription cannot be cancelled: then nothing is deleted.
 */
export async function deleteAccount(services: PrivacyServices, viewer: Viewer, confirm: string): Promise<void> {
  const { db, clock, users, billing } = services
  if (confirm !== 'DELETE') throw InvalidInput.of('confirm', privacyMessages.confirmDeletion())
  const now = clock()
  try {
    await endRenewals(billing, viewer)
    await runAs(services, viewer, (tx) => markDeleting(tx, users.onUserDeleting, { userId: viewer.id, now }))
  } catch (error) {
    // Another request has started the deletion, so this one was refused. The account is being deleted, as requested.
    const isPresent = (await presentUsers(db.prisma, [viewer.id])).has(viewer.id)
    if (!(error instanceof Unauthenticated) || isPresent) throw error
  }
}
