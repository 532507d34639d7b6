import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { deleteInBatches } from '../../../platform/database/delete-in-batches.ts'
import { grant } from './grant.ts'

/** How long the hash of an address that had the gift is kept. */
const memoryMonths = 12

/**
 * Grants the sign-up gift, in the transaction that creates the user: once per user by the ledger key, and once in 12
 * months per address by a unique row of its keyed hash. So deleting an account and signing up again grants no second gift.
 */
export async function grantSignUpGift(
  tx: Tx,
  gift: { amount: number; userId: string; addressHash: string | null; now: Date },
): Promise<void> {
  const { amount, userId, addressHash, now } = gift
  if (amount === 0) return
  if (addressHash !== null && !(await claimAddress(tx, addressHash, now))) return
  const key = 'sign-up-gift'
  await grant(tx, { userId, amount, source: 'GIFTS', key, description: 'Sign-up gift', now })
}

async function claimAddress(tx: Tx, addressHash: string, now: Date): Promise<boolean> {
  const forgetAt = new Date(now)
  forgetAt.setUTCMonth(forgetAt.getUTCMonth() + memoryMonths)
  const claimed = await tx.$executeRaw`
    INSERT INTO gifted_addresses AS gifted (address_hash, forget_at)
    SELECT ${addressHash}, ${forgetAt} WHERE NOT EXISTS (
      SELECT FROM erased_addresses WHERE address_hash = ${addressHash} AND forget_at > ${now})
    ON CONFLICT (address_hash) DO UPDATE SET forget_at = excluded.forget_at WHERE gifted.forget_at <= ${now}`
  return claimed === 1
}

/** Deletes the hashes whose 12 months are over. */
export async function forgetGiftedAddresses(db: Database, now: Date): Promise<void> {
  const where = Prisma.sql`forget_at <= ${now}`
  await deleteInBatches(db, { from: 'gifted_addresses', where, orderBy: 'forget_at' })
}
