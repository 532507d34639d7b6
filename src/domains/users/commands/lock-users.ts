import type { Tx } from '../../../platform/database/db.ts'

/**
 * Locks the row of a user who is neither deleted nor being deleted, until the transaction ends: a deletion waits for it.
 * False where there is no such user.
 */
export async function lockPresentUser(tx: Tx, userId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT id FROM users WHERE id = ${userId}::uuid AND is_present FOR NO KEY UPDATE`
  return rows.length > 0
}

/**
 * Locks the row of a user who is DELETING against every other transaction, and returns the encrypted address. Null where
 * the user is not DELETING, for example because another run has erased them.
 */
export async function lockDeletingUser(
  tx: Tx,
  userId: string,
): Promise<{ readonly emailEncrypted: Uint8Array | null } | null> {
  const [row] = await tx.$queryRaw<{ emailEncrypted: Uint8Array | null }[]>`
    SELECT email_encrypted AS "emailEncrypted" FROM users WHERE id = ${userId}::uuid AND standing = 'DELETING' FOR UPDATE`
  return row ?? null
}

/**
 * Locks the keys of all users with these ids or Clerk ids, in the order of ids, until the transaction ends: rows that
 * reference them can be written, and a concurrent erasure waits.
 */
export async function lockUsersForReference(
  tx: Tx,
  { ids, clerkIds }: { readonly ids: readonly string[]; readonly clerkIds: readonly string[] },
): Promise<void> {
  await tx.$executeRaw`
    SELECT FROM users WHERE clerk_id = ANY(${[...clerkIds]}::text[]) OR id = ANY(${[...ids]}::uuid[])
    ORDER BY id FOR KEY SHARE`
}

/**
 * Locks the keys of those of these users who are neither deleted nor being deleted, in the order of ids, until the
 * transaction ends, and returns their ids: rows that reference them can be written, and a concurrent erasure waits.
 */
export async function lockPresentUsersForReference(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM users WHERE id = ANY(${[...ids]}::uuid[]) AND is_present ORDER BY id FOR KEY SHARE`
  return rows.map(({ id }) => id)
}
