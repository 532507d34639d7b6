import type { Tx } from '../../../platform/database/db.ts'
import { enqueueMany } from '../../../platform/jobs/define-job.ts'
import { refreshCustomer } from './job-types.ts'

/** Requests that users are read from RevenueCat again: sets refreshDueAt and adds a job. If the job is lost, refreshDueAt remains. */
export async function requestRefresh(
  tx: Tx,
  { userIds, now }: { readonly userIds: readonly string[]; readonly now: Date },
): Promise<void> {
  if (userIds.length === 0) return
  // refreshDueAt always increases, so a job can detect a request made while it was reading.
  const marked = await tx.$queryRaw<{ userId: string }[]>`
    INSERT INTO billing_customers AS customer (user_id, refresh_due_at)
    SELECT id, ${now}::timestamptz FROM users WHERE id = ANY(${[...userIds]}::uuid[]) AND is_present ORDER BY id
    ON CONFLICT (user_id) DO UPDATE SET refresh_due_at =
      greatest(excluded.refresh_due_at, customer.refresh_due_at + interval '1 millisecond')
    RETURNING user_id AS "userId"`
  const jobs = marked.map(({ userId }) => ({ payload: { userId }, key: userId }))
  await enqueueMany(tx, refreshCustomer, jobs)
}
