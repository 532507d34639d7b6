import type { Tx } from '../../platform/database/db.ts'
import type { InboxEvent, InboxSource } from '../../platform/inbox/inbox.ts'
import { eraseBody } from '../../platform/inbox/inbox-body.ts'
import { versionOfEvent } from './clerk-version.ts'
import { applyClerkUser } from './commands/apply-clerk-user.ts'
import { applyClerkDeletion } from './commands/delete-user.ts'
import type { UsersServices } from './services.ts'

/** The name of Clerk as a source in the inbox. */
export const clerkSource = 'clerk'
export const clerkTypes = ['user.created', 'user.updated', 'user.deleted'] as const

/** Applies Clerk's events: creates, updates and deletes users. Ignores events of other types. */
export function clerkInbox(services: UsersServices): InboxSource {
  return {
    name: clerkSource,
    types: clerkTypes,
    async apply(tx, event) {
      // Before parsing: an event that cannot be parsed becomes a dead letter, which would keep its body.
      if (await eraseBodyOfErasedUser(tx, event)) return
      const now = services.clock()
      const change = services.webhooks.read(event)
      if (change.kind === 'user') {
        const { user, sentAt } = change
        const version = versionOfEvent({ updatedAt: user.updatedAt, sentAt, eventId: event.eventId })
        await applyClerkUser(tx, services, { user, version, reportedAt: sentAt, now })
      }
      if (change.kind === 'deleted') await applyClerkDeletion(tx, services.onUserDeleting, { ...change, now })
      await eraseBodyOfErasedUser(tx, event)
    },
  }
}

/** Erases the body of an event about an erased user: it contains personal data that must not be stored again. */
async function eraseBodyOfErasedUser(tx: Tx, { id, subject }: InboxEvent): Promise<boolean> {
  if (subject === null) return false
  const isErased = (await tx.user.count({ where: { clerkId: subject, standing: 'DELETED' } })) > 0
  if (isErased) await eraseBody(tx, id)
  return isErased
}
