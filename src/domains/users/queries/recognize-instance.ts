import type { Reader } from '../../../platform/database/db.ts'
import type { ClerkDirectory } from '../ports.ts'
import { type RetryClock, retryClerk } from '../retry-clerk.ts'

/** The users in the database are not those of the configured Clerk instance. */
class OtherInstance extends Error {
  override readonly name = 'OtherInstance'

  constructor(known: number, sampled: number) {
    super(
      `Clerk knows only ${known} of ${sampled} sampled users. CLERK_SECRET_KEY may belong to another Clerk instance. Nothing was changed. If these users were really deleted in Clerk, run the command with --force.`,
    )
  }
}

/** The sample is this many of the oldest rows and of the newest: together the 100 ids that Clerk accepts in a request. */
const sampleSize = 50
/** The check is skipped for fewer users: more than half of them can be deleted on an ordinary day. */
const minUsers = 10

/**
 * Guards against the key of another Clerk instance: users that Clerk does not have are deleted permanently, which would
 * then be all users. Throws OtherInstance if Clerk knows less than half of a sample.
 */
export async function recognizeInstance(
  ports: RetryClock & { readonly db: Reader; readonly directory: ClerkDirectory },
): Promise<void> {
  const { db, directory } = ports
  const atEnd = (order: 'asc' | 'desc') =>
    db.user.findMany({
      where: { clerkId: { not: null }, standing: { notIn: ['DELETING', 'DELETED'] } },
      select: { clerkId: true },
      orderBy: { id: order },
      take: sampleSize,
    })
  const rows = [...(await atEnd('asc')), ...(await atEnd('desc'))]
  const sampled = [...new Set(rows.flatMap(({ clerkId }) => clerkId ?? []))]
  if (sampled.length < minUsers) return
  const known = await retryClerk(ports, () => directory.listByIds(sampled))
  if (known.length * 2 < sampled.length) throw new OtherInstance(known.length, sampled.length)
}
