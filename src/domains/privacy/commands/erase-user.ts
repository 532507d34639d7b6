import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import type { ErasedUser, PersonalData } from '../../../platform/personal-data.ts'
import { keepErasedAddress } from '../../credits/index.ts'
import { findDeletingUser, isAnyErased, lockDeletingUser } from '../../users/index.ts'
import { eraseStragglers } from '../job-types.ts'
import type { PrivacyServices } from '../services.ts'

/** Longer than any request that was authenticated before the deletion, and than the lifetime of its signed URLs. */
const lateErasureDelayMs = 15 * 60_000

/**
 * Erases a user who is DELETING: in Clerk, then outside the database, then the rows in one transaction, which writes the
 * tombstone. Each step is idempotent, so the job can be killed at any point and can run twice at once.
 */
export async function eraseUser(services: PrivacyServices, userId: string): Promise<void> {
  const { db, users, clock } = services
  const { directory } = users
  const personalData = services.personalData()
  const user = await findDeletingUser(db.prisma, userId)
  if (!user) return
  if (directory && user.clerkId !== null) await directory.deleteUser(user.clerkId)
  const erased = { userId, now: clock() }
  await eraseAhead(personalData, erased)
  await db.transaction((tx) => writeTombstone(tx, services, erased))
}

/** Erases the rows and files added by requests that were in progress when the deletion started. Keeps the tombstone. */
export async function eraseLate(services: PrivacyServices, userId: string): Promise<void> {
  const { db, clock } = services
  const personalData = services.personalData()
  if (!(await isAnyErased(db.prisma, [userId]))) return
  const erased = { userId, now: clock() }
  await eraseAhead(personalData, erased)
  await db.transaction((tx) => eraseRows(tx, personalData, erased))
}

async function eraseAhead(personalData: readonly PersonalData[], user: ErasedUser): Promise<void> {
  for (const data of personalData) await data.eraseAhead?.(user)
}

/** Locks the user's row before all others: the same lock order as applying an event about the user. */
async function writeTombstone(tx: Tx, { users, personalData }: PrivacyServices, user: ErasedUser): Promise<void> {
  const { userId, now } = user
  const row = await lockDeletingUser(tx, userId)
  if (!row) return
  await keepErasedAddress(tx, users.emails, { emailEncrypted: row.emailEncrypted, now })
  await eraseRows(tx, personalData(), user)
  await enqueue(tx, eraseStragglers, { userId }, { key: userId, runAt: new Date(now.getTime() + lateErasureDelayMs) })
}

async function eraseRows(tx: Tx, personalData: readonly PersonalData[], user: ErasedUser): Promise<void> {
  for (const data of personalData) await data.eraseRows(tx, user)
}
