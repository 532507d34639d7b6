import type { Settings } from '../../config/config.ts'
import { findRefusal, type Refusal } from '../../domains/users/index.ts'
import { createDatabase } from '../../platform/database/db.ts'
import { silentLog } from '../../platform/observability/log.ts'
import { withTimeout } from '../../platform/with-timeout.ts'

/** `token` prints the token after this time even if the database does not respond. */
const timeoutMs = 3_000

/**
 * Why the server refuses the requests of a Clerk user; null if it accepts them. 'unknown' if the database cannot be read:
 * it is not configured, and no development server runs on the data folder.
 */
export async function lookUpRefusal(settings: Settings, clerkId: string): Promise<Refusal | 'unknown' | null> {
  const url = settings.database?.url ?? (await embeddedDatabase(settings))
  if (url === null) return 'unknown'
  // A pooler in transaction mode may be in front of the database, so no session settings are used.
  await using db = createDatabase({ url, isPooled: true, poolSize: 1, log: silentLog, onNotify: () => undefined })
  const timeoutError = () => new Error('The database did not respond in time.')
  // Awaited before the database is closed.
  return await withTimeout(timeoutMs, findRefusal(db.prisma, clerkId), timeoutError).catch(() => 'unknown' as const)
}

/** The database of the development server that runs on the data folder. */
async function embeddedDatabase({ mode, dataDir }: Settings): Promise<string | null> {
  if (mode === 'production') return null
  const { readStackFile } = await import('../../dev/embedded/stack-file.ts')
  return (await readStackFile(dataDir))?.databaseUrl ?? null
}
