import type { Tx } from '../../platform/database/db.ts'
import type { InboxEvent, InboxSource } from '../../platform/inbox/inbox.ts'
import { applyClerkUser } from './apply-clerk-user.ts'
import type { ArrivalPorts } from './arrival.ts'
import { versionOfEvent } from './clerk-version.ts'
import { applyClerkDeletion, type OnUserDeleting } from './delete-user.ts'
import type { ClerkWebhooks } from './ports.ts'

/** The inbox's name for Clerk. */
export const clerkSource = 'clerk'
export const clerkTypes = ['user.created', 'user.updated', 'user.deleted'] as const

export interface ClerkInboxPorts extends ArrivalPorts {
  readonly webhooks: ClerkWebhooks
  readonly onDeleting: OnUserDeleting
  readonly clock: () => Date
}

/** What Clerk's events do: people are made, changed and deleted; of everything else nothing follows. */
export function clerkInbox(ports: ClerkInboxPorts): InboxSource {
  return {
    name: clerkSource,
    types: clerkTypes,
    async apply(tx, event) {
      // Before it is read: what cannot be read would stay, dead, with what it says.
      if (await forgetIfErased(tx, event)) return
      const now = ports.clock()
      const said = ports.webhooks.read(event)
      if (said.kind === 'user') {
        const { user, sentAt } = said
        const version = versionOfEvent({ updatedAt: user.updatedAt, sentAt, eventId: event.eventId })
        await applyClerkUser(tx, ports, { user, version, saidAt: sentAt, now })
      }
      if (said.kind === 'deleted') await applyClerkDeletion(tx, ports.onDeleting, { ...said, now })
      await forgetIfErased(tx, event)
    },
  }
}

/** What comes after a person was erased says things of them that were to be forgotten. */
async function forgetIfErased(tx: Tx, { id, subject }: InboxEvent): Promise<boolean> {
  if (subject === null) return false
  const isErased = (await tx.user.count({ where: { clerkId: subject, standing: 'DELETED' } })) > 0
  if (isErased) await tx.inboxEvent.update({ where: { id }, data: { body: null } })
  return isErased
}
