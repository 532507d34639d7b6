import type { Tx } from '../../platform/database/db.ts'
import { enqueueMany } from '../../platform/queue/jobs.ts'
import { refreshCustomer } from './jobs.ts'

/** Has people read anew at RevenueCat: a mark at each, and a job. The mark outlives a job that is lost. */
export async function requestRefresh(
  tx: Tx,
  { userIds, now }: { readonly userIds: readonly string[]; readonly now: Date },
): Promise<void> {
  if (userIds.length === 0) return
  // A mark is never the same twice, so whoever has read knows whether it was set anew meanwhile.
  const marked = await tx.$queryRaw<{ userId: string }[]>`
    INSERT INTO billing_customers AS customer (user_id, refresh_due_at)
    SELECT id, ${now}::timestamptz FROM users WHERE id = ANY(${[...userIds]}::uuid[]) AND is_present ORDER BY id
    ON CONFLICT (user_id) DO UPDATE SET refresh_due_at =
      greatest(excluded.refresh_due_at, customer.refresh_due_at + interval '1 millisecond')
    RETURNING user_id AS "userId"`
  const jobs = marked.map(({ userId }) => ({ payload: { userId }, key: userId }))
  await enqueueMany(tx, refreshCustomer, jobs)
}
