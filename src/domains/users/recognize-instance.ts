import type { Reader } from '../../platform/database/db.ts'
import { type Patience, patiently } from './patiently.ts'
import type { ClerkDirectory } from './ports.ts'

/** The people here are not those of the Clerk instance whose key is configured. */
class OtherInstance extends Error {
  override readonly name = 'OtherInstance'

  constructor(known: number, asked: number) {
    super(
      `Clerk knows ${known} of ${asked} people here. Is CLERK_SECRET_KEY that of another instance? Nothing was changed. If so many have really left, say --force.`,
    )
  }
}

/** Half of Clerk's longest question each: the oldest rows and the newest ones. */
const sample = 50
/** Of fewer people more than half may have left on an ordinary day. */
const fewest = 10

/**
 * Whoever Clerk does not have is deleted here for good; with the key of another instance that would be everybody. Throws
 * OtherInstance where Clerk knows less than half of a sample.
 */
export async function recognizeInstance(
  ports: Patience & { readonly db: Reader; readonly directory: ClerkDirectory },
): Promise<void> {
  const { db, directory } = ports
  const atEnd = (order: 'asc' | 'desc') =>
    db.user.findMany({
      where: { clerkId: { not: null }, standing: { notIn: ['DELETING', 'DELETED'] } },
      select: { clerkId: true },
      orderBy: { id: order },
      take: sample,
    })
  const rows = [...(await atEnd('asc')), ...(await atEnd('desc'))]
  const asked = [...new Set(rows.flatMap(({ clerkId }) => clerkId ?? []))]
  if (asked.length < fewest) return
  const known = await patiently(ports, () => directory.listByIds(asked))
  if (known.length * 2 < asked.length) throw new OtherInstance(known.length, asked.length)
}
