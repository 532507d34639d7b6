import { Prisma } from '../../../generated/prisma/client.ts'
import type { Database, Tx } from '../../../platform/database/db.ts'
import { deleteInBatches } from '../../../platform/database/delete-in-batches.ts'
import { grant } from './grant.ts'

/** How long the hash of an address or phone number that had the gift is kept, and how long a gift can be awaited. */
const memoryMonths = 12

/** Records that a new user gets the gift once an address or phone number is verified. */
export async function awaitSignUpGift(tx: Tx, gift: { amount: number; userId: string; now: Date }): Promise<void> {
  const { amount, userId, now } = gift
  if (amount > 0) await tx.awaitedGift.create({ data: { userId, createdAt: now } })
}

/**
 * Grants the sign-up gift to a user who awaits it, if one of the verified addresses and phone numbers had none in 12
 * months: once per user by the ledger key, and once per address or number by a unique row of its keyed hash. So deleting
 * an account and signing up again grants no second gift. All of them count as used then. Requires that the user's row is
 * locked.
 */
export async function grantSignUpGift(
  tx: Tx,
  gift: { amount: number; userId: string; hashes: readonly string[]; now: Date },
): Promise<void> {
  const { amount, userId, hashes, now } = gift
  if (amount === 0) return
  const isAwaited = (await tx.awaitedGift.count({ where: { userId } })) > 0
  if (!isAwaited || !(await claimContacts(tx, hashes, now))) return
  await tx.awaitedGift.delete({ where: { userId } })
  const key = 'sign-up-gift'
  await grant(tx, { userId, amount, source: 'GIFTS', key, description: 'Sign-up gift', now })
}

/** Whether one of them was free. They are claimed in one order, so that two claims cannot deadlock. */
async function claimContacts(tx: Tx, hashes: readonly string[], now: Date): Promise<boolean> {
  const forgetAt = new Date(now)
  forgetAt.setUTCMonth(forgetAt.getUTCMonth() + memoryMonths)
  const claimed = await tx.$executeRaw`
    INSERT INTO gifted_addresses AS gifted (address_hash, forget_at)
    SELECT hash, ${forgetAt} FROM unnest(${[...new Set(hashes)]}::text[]) AS hash
    WHERE NOT EXISTS (SELECT FROM erased_addresses WHERE address_hash = hash AND forget_at > ${now})
    ORDER BY hash
    ON CONFLICT (address_hash) DO UPDATE SET forget_at = excluded.forget_at WHERE gifted.forget_at <= ${now}`
  return claimed > 0
}

/** Deletes the hashes whose 12 months are over, and the records of gifts that were awaited for so long. */
export async function forgetGiftedAddresses(db: Database, now: Date): Promise<void> {
  const where = Prisma.sql`forget_at <= ${now}`
  await deleteInBatches(db, { from: 'gifted_addresses', where, orderBy: 'forget_at' })
  const createdBefore = new Date(now)
  createdBefore.setUTCMonth(createdBefore.getUTCMonth() - memoryMonths)
  const isOld = Prisma.sql`created_at <= ${createdBefore}`
  await deleteInBatches(db, { from: 'awaited_gifts', where: isOld, orderBy: 'created_at' })
}
