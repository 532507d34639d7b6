import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database, Reader, Tx } from '../../../platform/database/db.ts'
import { deleteInBatches } from '../../../platform/database/delete-in-batches.ts'
import { DecryptionFailed } from '../../../platform/encryption/encryptor.ts'
import type { Emails } from '../../users/index.ts'

/**
 * Keeps a keyed hash of an erased user's address for 12 months, so that deleting an account and signing up again does not
 * earn another sign-up gift. The hash is compared with hashes of its own kind only, and leads to no user. A second erasure
 * with the same address starts the 12 months again.
 */
export async function keepErasedAddress(
  tx: Tx,
  emails: Emails,
  { emailEncrypted, now }: { emailEncrypted: Uint8Array | null; now: Date },
): Promise<void> {
  const email = readable(emails, emailEncrypted)
  if (email === null) return
  const forgetAt = new Date(now)
  forgetAt.setUTCFullYear(now.getUTCFullYear() + 1)
  await tx.$executeRaw`
    INSERT INTO erased_addresses AS kept (address_hash, forget_at)
    VALUES (${emails.erasedHashOf(email)}, ${forgetAt})
    ON CONFLICT (address_hash) DO UPDATE SET forget_at = greatest(kept.forget_at, excluded.forget_at)`
}

/** Null where the address cannot be decrypted: a lost key must not prevent an erasure. */
function readable(emails: Emails, encrypted: Uint8Array | null): string | null {
  try {
    return emails.read(encrypted)
  } catch (error) {
    if (error instanceof DecryptionFailed) return null
    throw error
  }
}

/** Those of these hashes that are hashes of erased users' addresses, kept for less than 12 months. */
export async function findErasedAddresses(
  db: Reader,
  hashes: readonly string[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await db.erasedAddress.findMany({
    where: { addressHash: { in: [...hashes] }, forgetAt: { gt: now } },
    select: { addressHash: true },
  })
  return new Set(rows.map(({ addressHash }) => addressHash))
}

/** Deletes the hashes whose 12 months are over. */
export async function forgetErasedAddresses(db: Database, now: Date): Promise<void> {
  const where = Prisma.sql`forget_at <= ${now}`
  await deleteInBatches(db, { from: 'erased_addresses', where, orderBy: 'forget_at' })
}
