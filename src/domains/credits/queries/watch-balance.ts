import type { Database } from '../../../platform/database/db.ts'
import type { Notifications } from '../../../platform/notifications/notifications.ts'
import { watch } from '../../../platform/notifications/watch.ts'
import { creditMessages } from '../messages.ts'
import { walletTopic } from '../topic.ts'

/** Yields the user id once for the current balance, then after each new transaction of the wallet. */
export function watchBalance(
  { db, notifications }: { db: Database; notifications: Notifications },
  { userId, signal }: { userId: string; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const read = async () => {
    const wallet = await db.prisma.ledgerAccount.findUnique({ where: { userId }, select: { lastSequence: true } })
    return wallet?.lastSequence ?? 0
  }
  return watch(notifications, {
    topic: walletTopic(userId),
    signal,
    id: userId,
    read,
    notFound: creditMessages.walletNotFound(),
  })
}
