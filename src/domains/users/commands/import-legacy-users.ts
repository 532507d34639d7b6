import { v7 as uuidv7 } from 'uuid'
import { Prisma } from '../../../generated/prisma/client.ts'
import type { Reader } from '../../../platform/database/db.ts'
import type { Emails } from '../emails.ts'

/** A user of the older system. */
export interface LegacyUser {
  readonly legacyId: string
  readonly email: string | null
  readonly firstName: string | null
  readonly lastName: string | null
  readonly credits: number
}

/**
 * Creates the rows of users of the older system, or corrects those that are not linked to Clerk users yet. Returns the
 * rows that were created or changed. Idempotent, by the unique legacy_id.
 */
export async function importLegacyUsers(
  db: Reader,
  emails: Emails,
  { users, now }: { readonly users: readonly LegacyUser[]; readonly now: Date },
): Promise<{ legacyId: string; created: boolean }[]> {
  if (users.length === 0) return []
  // Two imports at once lock rows in the same order, whatever the order of their files.
  const inOrder = users.toSorted((one, other) => (one.legacyId < other.legacyId ? -1 : 1))
  const values = inOrder.map(({ legacyId, email, firstName, lastName, credits }) => {
    const { emailEncrypted, emailIndex } = emails.columns(email)
    return Prisma.sql`(
      ${uuidv7()}::uuid, ${legacyId}, ${credits}::int, ${emailEncrypted}::bytea, ${emailIndex}, ${firstName}, ${lastName},
      ${now}::timestamptz)`
  })
  return db.$queryRaw`
    INSERT INTO users AS person (
      id, legacy_id, legacy_credits, email_encrypted, email_index, first_name, last_name, created_at)
    VALUES ${Prisma.join(values)}
    ON CONFLICT (legacy_id) DO UPDATE SET
      legacy_credits = excluded.legacy_credits, email_encrypted = excluded.email_encrypted,
      email_index = excluded.email_index, first_name = excluded.first_name, last_name = excluded.last_name
    WHERE person.clerk_id IS NULL AND person.standing NOT IN ('DELETING', 'DELETED')
      AND (person.legacy_credits, person.email_index, person.first_name, person.last_name)
        IS DISTINCT FROM (excluded.legacy_credits, excluded.email_index, excluded.first_name, excluded.last_name)
    RETURNING legacy_id AS "legacyId", xmax = 0 AS created`
}
