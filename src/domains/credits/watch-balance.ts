import type { Database } from '../../platform/database/db.ts'
import type { Events } from '../../platform/events/events.ts'
import { watch } from '../../platform/events/watch.ts'
import { walletTopic } from './topic.ts'

/** Yields once for the present balance and then whenever the wallet has got another transaction. */
export function watchBalance(
  { db, events }: { db: Database; events: Events },
  { userId, signal }: { userId: string; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const wallet = await db.prisma.ledgerAccount.findUnique({ where: { userId }, select: { lastSequence: true } })
    return wallet?.lastSequence ?? 0
  }
  return watch(events, { topic: walletTopic(userId), signal, id: userId, read, what: 'wallet' })
}
