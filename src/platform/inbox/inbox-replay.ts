import type { Clock } from '../clock.ts'
import type { Database } from '../database/db.ts'
import { enqueueMany } from '../jobs/define-job.ts'
import { processEvent } from './inbox.ts'
import { conditions, type InboxFilter, type InboxPosition } from './inbox-list.ts'

export interface ReplayStep {
  readonly replayed: number
  /** Events without a body: the person was erased, so they are not replayed. */
  readonly erased: number
}

const batchSize = 500

/**
 * Processes events again from their first attempt, newest first; events received meanwhile are not included. Their
 * effects are idempotent, as every source requires: only newer data is applied. A batch is one transaction with its
 * jobs, so a run that is stopped leaves complete batches, and it can be run again.
 */
export async function* replayEvents(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  filter: InboxFilter,
): AsyncGenerator<ReplayStep> {
  let last: InboxPosition | undefined
  for (;;) {
    const batch = await replayBatch(db, { filter, after: last, now: clock() })
    last = batch.at(-1)
    if (last === undefined) return
    const replayed = batch.filter((event) => event.replayed).length
    yield { replayed, erased: batch.length - replayed }
  }
}

type Replayed = InboxPosition & { readonly replayed: boolean }

/** Rows are locked in one order, so that two replays at once wait for each other instead of deadlocking. */
function replayBatch(
  db: Database,
  { filter, after, now }: { filter: InboxFilter; after: InboxPosition | undefined; now: Date },
): Promise<Replayed[]> {
  return db.transaction(async (tx) => {
    const batch = await tx.$queryRaw<Replayed[]>`
      WITH page AS MATERIALIZED (
        SELECT id, received_at FROM inbox_events WHERE ${conditions(filter, after)}
        ORDER BY received_at DESC, id DESC LIMIT ${batchSize} FOR UPDATE),
      replayed AS (
        UPDATE inbox_events AS event
        SET state = 'PENDING', attempts = 0, last_error = NULL, processed_at = NULL, next_attempt_at = ${now}
        FROM page WHERE event.id = page.id AND event.body IS NOT NULL RETURNING event.id)
      SELECT page.id, page.received_at AS "receivedAt", replayed.id IS NOT NULL AS replayed
      FROM page LEFT JOIN replayed ON replayed.id = page.id ORDER BY page.received_at DESC, page.id DESC`
    const jobs = batch.flatMap(({ id, replayed }) => (replayed ? [{ payload: { id }, key: id }] : []))
    await enqueueMany(tx, processEvent, jobs)
    return batch
  })
}
