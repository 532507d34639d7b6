import { v7 as uuidv7 } from 'uuid'
import type { Tx } from '../../platform/database/db.ts'
import type { ArrivalPorts } from './arrival.ts'
import type { ClerkVersion } from './clerk-version.ts'
import type { ClerkUser } from './ports.ts'

export interface ClerkState {
  readonly user: ClerkUser
  readonly version: ClerkVersion
  /** When Clerk said so: a lockout is counted from then. */
  readonly saidAt: Date
  readonly now: Date
}

/**
 * Makes the row show what Clerk says, unless it shows something newer already or is a tombstone. One statement decides,
 * so any order, repetition and concurrency of states ends with the newest. 'stale' where the row was left as it is.
 *
 * Our own columns (time zone, locale, role) are not Clerk's and stay.
 */
export async function applyClerkUser(
  tx: Tx,
  { emails, onArrival }: ArrivalPorts,
  { user, version, saidAt, now }: ClerkState,
): Promise<'created' | 'updated' | 'stale'> {
  const { email } = user
  const adopted = user.externalId === null ? null : await adoptLegacyRow(tx, user.clerkId, user.externalId)
  if (adopted !== null) await onArrival(tx, { userId: adopted, email, isNew: false, now })
  const { emailSealed, emailIndex } = emails.columns(email)
  const { standing, lockedUntil } = standingOf(user, saidAt)
  const [row] = await tx.$queryRaw<{ id: string; created: boolean }[]>`
    INSERT INTO users AS person (
      id, clerk_id, email_sealed, email_index, first_name, last_name, username, image_url, standing, locked_until,
      clerk_version, created_at)
    VALUES (
      ${uuidv7()}::uuid, ${user.clerkId}, ${emailSealed}, ${emailIndex}, ${user.firstName}, ${user.lastName},
      ${user.username}, ${user.imageUrl}, ${standing}::"UserStanding", ${lockedUntil}, ${version}, ${now})
    ON CONFLICT (clerk_id) DO UPDATE SET
      email_sealed = excluded.email_sealed, email_index = excluded.email_index, first_name = excluded.first_name,
      last_name = excluded.last_name, username = excluded.username, image_url = excluded.image_url,
      standing = excluded.standing, locked_until = excluded.locked_until, clerk_version = excluded.clerk_version
    WHERE person.standing NOT IN ('DELETING', 'DELETED')
      AND person.clerk_version COLLATE "C" <= excluded.clerk_version COLLATE "C"
    RETURNING id, xmax = 0 AS created`
  if (!row) return 'stale'
  if (row.created) await onArrival(tx, { userId: row.id, email, isNew: true, now })
  return row.created ? 'created' : 'updated'
}

/** Somebody of the older system whom we made at Clerk: the row that waits for them becomes theirs. */
async function adoptLegacyRow(tx: Tx, clerkId: string, legacyId: string): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    UPDATE users SET clerk_id = ${clerkId}
    WHERE legacy_id = ${legacyId} AND clerk_id IS NULL AND standing NOT IN ('DELETING', 'DELETED')
      AND NOT EXISTS (SELECT FROM users WHERE clerk_id = ${clerkId})
    RETURNING id`
  return row?.id ?? null
}

function standingOf({ banned, locked, lockoutSeconds }: ClerkUser, saidAt: Date) {
  if (banned) return { standing: 'BANNED', lockedUntil: null }
  if (!locked) return { standing: 'ACTIVE', lockedUntil: null }
  return {
    standing: 'LOCKED',
    lockedUntil: lockoutSeconds === null ? null : new Date(saidAt.getTime() + lockoutSeconds * 1_000),
  }
}
