import { Prisma } from '../../generated/prisma/client.ts'
import type { Database, Tx } from '../../platform/database/db.ts'
import { deleteInBatches } from '../../platform/database/delete-in-batches.ts'
import { SealBroken } from '../../platform/sealing/sealing.ts'
import type { Emails } from '../users/index.ts'

/**
 * Keeps a keyed hash of an erased person's address for 12 months, only so that gifts for newcomers are not farmed. It is
 * found by the same address and names nobody. Who is erased twice with one address is remembered from the later time on.
 */
export async function keepErasedAddress(
  tx: Tx,
  emails: Emails,
  { emailSealed, now }: { emailSealed: Uint8Array | null; now: Date },
): Promise<void> {
  const email = readable(emails, emailSealed)
  if (email === null) return
  const forgetAt = new Date(now)
  forgetAt.setUTCFullYear(now.getUTCFullYear() + 1)
  await tx.$executeRaw`
    INSERT INTO erased_addresses AS kept (address_hash, forget_at)
    VALUES (${emails.erasedHashOf(email)}, ${forgetAt})
    ON CONFLICT (address_hash) DO UPDATE SET forget_at = greatest(kept.forget_at, excluded.forget_at)`
}

/** A key that was lost must not keep anybody from being erased. */
function readable(emails: Emails, sealed: Uint8Array | null): string | null {
  try {
    return emails.read(sealed)
  } catch (error) {
    if (error instanceof SealBroken) return null
    throw error
  }
}

/** Forgets the addresses whose time is over. */
export async function forgetErasedAddresses(db: Database, now: Date): Promise<void> {
  const where = Prisma.sql`forget_at <= ${now}`
  await deleteInBatches(db, { from: 'erased_addresses', where, orderBy: 'forget_at' })
}
