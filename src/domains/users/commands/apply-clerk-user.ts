import { v7 as uuidv7 } from 'uuid'
import { notify, type Tx } from '../../../platform/database/db.ts'
import type { ClerkVersion } from '../clerk-version.ts'
import type { OnUserCreatedPorts } from '../on-user-created.ts'
import type { ClerkUser } from '../ports.ts'
import { standingTopic } from '../topic.ts'

export interface ClerkState {
  readonly user: ClerkUser
  readonly version: ClerkVersion
  /** The time of the event or response: a lock is counted from then. */
  readonly reportedAt: Date
  readonly now: Date
}

/**
 * Copies the state of a Clerk user to the row, unless the row has a newer state or is a tombstone. One statement decides,
 * so the newest state wins whatever the order, repetition and concurrency. Returns 'stale' if the row was not changed.
 *
 * Columns that do not come from Clerk (time zone, locale, role) are not changed.
 */
export async function applyClerkUser(
  tx: Tx,
  { emails, onUserCreated, onContactsVerified }: OnUserCreatedPorts,
  { user, version, reportedAt, now }: ClerkState,
): Promise<'created' | 'updated' | 'stale'> {
  const { email } = user
  const adopted = user.externalId === null ? null : await adoptLegacyRow(tx, user.clerkId, user.externalId)
  if (adopted !== null) await onUserCreated(tx, { userId: adopted, isNew: false, now })
  const { emailEncrypted, emailIndex } = emails.columns(email)
  const { standing, lockedUntil } = standingOf(user, reportedAt)
  const [row] = await tx.$queryRaw<{ id: string; created: boolean }[]>`
    INSERT INTO users AS person (
      id, clerk_id, email_encrypted, email_index, first_name, last_name, username, image_url, standing, locked_until,
      clerk_version, clerk_created_at, clerk_updated_at, created_at)
    VALUES (
      ${uuidv7()}::uuid, ${user.clerkId}, ${emailEncrypted}, ${emailIndex}, ${user.firstName}, ${user.lastName},
      ${user.username}, ${user.imageUrl}, ${standing}::"UserStanding", ${lockedUntil}, ${version},
      ${user.createdAt}, ${user.updatedAt}, ${now})
    ON CONFLICT (clerk_id) DO UPDATE SET
      email_encrypted = excluded.email_encrypted, email_index = excluded.email_index, first_name = excluded.first_name,
      last_name = excluded.last_name, username = excluded.username, image_url = excluded.image_url,
      standing = excluded.standing, locked_until = excluded.locked_until, clerk_version = excluded.clerk_version,
      clerk_created_at = excluded.clerk_created_at, clerk_updated_at = excluded.clerk_updated_at
    WHERE person.standing NOT IN ('DELETING', 'DELETED')
      AND person.clerk_version COLLATE "C" <= excluded.clerk_version COLLATE "C"
    RETURNING id, xmax = 0 AS created`
  if (!row) return 'stale'
  if (standing === 'BANNED') notify(tx, standingTopic(row.id))
  if (row.created) await onUserCreated(tx, { userId: row.id, isNew: true, now })
  const contacts = [...user.verifiedEmails, ...user.verifiedPhones]
  if (contacts.length > 0) await onContactsVerified(tx, { userId: row.id, contacts, now })
  return row.created ? 'created' : 'updated'
}

/** Links the imported row of a user whom the migration created in Clerk. */
async function adoptLegacyRow(tx: Tx, clerkId: string, legacyId: string): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    UPDATE users SET clerk_id = ${clerkId}
    WHERE legacy_id = ${legacyId} AND clerk_id IS NULL AND standing NOT IN ('DELETING', 'DELETED')
      AND NOT EXISTS (SELECT FROM users WHERE clerk_id = ${clerkId})
    RETURNING id`
  return row?.id ?? null
}

function standingOf({ banned, locked, lockoutSeconds }: ClerkUser, reportedAt: Date) {
  if (banned) return { standing: 'BANNED', lockedUntil: null }
  if (!locked) return { standing: 'ACTIVE', lockedUntil: null }
  return {
    standing: 'LOCKED',
    lockedUntil: lockoutSeconds === null ? null : new Date(reportedAt.getTime() + lockoutSeconds * 1_000),
  }
}
