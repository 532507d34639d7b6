import type { Tx } from '../../platform/database/db.ts'
import { grant } from './grant.ts'

/** What somebody had in the older system, when they are linked: once. They had their gift there. */
export async function bringLegacyCredits(tx: Tx, { userId, now }: { userId: string; now: Date }): Promise<void> {
  const person = await tx.user.findUniqueOrThrow({ where: { id: userId }, select: { legacyCredits: true } })
  const amount = person.legacyCredits
  if (amount === 0) return
  const wish = { userId, amount, source: 'GIFTS', description: 'Brought from the older system', now } as const
  await grant(tx, { ...wish, key: 'legacy-credits' })
}
