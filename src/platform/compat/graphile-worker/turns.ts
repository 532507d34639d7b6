import { Prisma } from '../../../generated/prisma/client.ts'
import type { Queryable } from './queryable.ts'
import { countLimit } from './read-jobs.ts'

/**
 * Users take turns with the jobs of this priority (platform/jobs/lanes.ts): at most one job of each runs at once, and the
 * user who has waited longest for a turn is next. The `userId` of the payload names the owner of a job; the table
 * job_turns, which is ours, has a row for each owner of such jobs.
 */
export const turnPriority = 250

/**
 * Written as an expression, so that Postgres uses the index below: by the library's own index it would read all jobs of
 * this priority for one owner.
 */
export const takesTurns = `priority + 0 = ${turnPriority}`
const turnIndex = 'pacer_jobs_by_owner'

/** Adds our index to the library's table: the jobs of an owner by the time when they are due. */
export async function indexJobsByOwner(owner: Queryable): Promise<void> {
  // CREATE INDEX IF NOT EXISTS would wait for open transactions of the queue, and let others wait, also where it exists.
  const { rows } = await owner.query<{ exists: boolean }>(
    `SELECT to_regclass('graphile_worker.${turnIndex}') IS NOT NULL AS exists`,
  )
  if (rows[0]?.exists) return
  await owner.query(
    `CREATE INDEX IF NOT EXISTS ${turnIndex}
     ON graphile_worker._private_jobs ((payload ->> 'userId'), is_available, run_at) WHERE ${takesTurns}`,
  )
}

/**
 * Gives the owners of these jobs a place in the order of turns. The row of one that has a place is changed too, so that
 * pruneTurns, which may have found no job of it, does not remove it.
 */
export function addTurns(payloads: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO job_turns AS turn (owner, turn_at)
    SELECT owner, clock_timestamp() FROM (
      SELECT DISTINCT payload::json ->> 'userId' AS owner FROM unnest(${[...payloads]}::text[]) AS payload) AS owners
    ORDER BY owner
    ON CONFLICT (owner) DO UPDATE SET revision = turn.revision + 1`
}

/**
 * The owner of a job that has ended waits for a turn from now on, behind those who waited meanwhile. Left out where the row
 * is locked: a transaction that adds a job for the owner may wait for this one.
 */
export const endTurnOf = (ended: string) => `
  UPDATE job_turns SET turn_at = clock_timestamp() WHERE owner = (
    SELECT turn.owner FROM job_turns AS turn JOIN ${ended} AS job ON turn.owner = job.payload ->> 'userId'
    WHERE job.priority = ${turnPriority} FOR UPDATE OF turn SKIP LOCKED)`

/**
 * Removes the turns of owners without a job. An owner to whom a job is added meanwhile keeps its turn: its row is locked
 * then, or has another revision than the snapshot.
 */
export async function pruneTurns(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM job_turns WHERE owner = ANY (ARRAY(
       SELECT owner FROM job_turns AS turn
       WHERE (SELECT id FROM graphile_worker._private_jobs
           WHERE ${takesTurns} AND payload ->> 'userId' = turn.owner LIMIT 1) IS NULL
         AND turn.revision = (SELECT revision FROM job_turns WHERE owner = turn.owner)
       LIMIT ${countLimit} FOR UPDATE SKIP LOCKED))`,
  )
}
