import type { Tx } from '../../../platform/database/db.ts'
import { legacyCreditsOf } from '../../users/index.ts'
import { grant } from './grant.ts'

/** Grants the credits that a linked user had in the legacy system, once. Such users had their sign-up gift there. */
export async function importLegacyCredits(tx: Tx, { userId, now }: { userId: string; now: Date }): Promise<void> {
  const amount = await legacyCreditsOf(tx, userId)
  if (amount === 0) return
  const input = { userId, amount, source: 'GIFTS', description: 'Brought from the older system', now } as const
  await grant(tx, { ...input, key: 'legacy-credits' })
}
