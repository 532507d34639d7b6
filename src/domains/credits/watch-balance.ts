import type { Database } from '../../platform/db.ts'
import type { Events } from '../../platform/events.ts'
import { walletTopic } from './topic.ts'

/**
 * Yields once for the present balance and then whenever the wallet has got another transaction, until the signal aborts.
 * It listens before it reads, so nothing falls between; a hint only says to look.
 */
export async function watchBalance(
  { db, events }: { db: Database; events: Events },
  { userId, signal }: { userId: string; signal: AbortSignal },
): Promise<AsyncIterable<string>> {
  const hints = await events.subscribe(walletTopic(userId), signal)
  const read = async () => {
    const wallet = await db.prisma.ledgerAccount.findUnique({ where: { userId }, select: { lastSequence: true } })
    return wallet?.lastSequence ?? 0
  }
  const first = await read()

  return (async function* () {
    let seen = first
    yield userId
    for await (const _ of hints) {
      const present = await read()
      if (present === seen) continue
      seen = present
      yield userId
    }
  })()
}
