import { parseCronItem } from 'graphile-worker'
import type { Pool } from 'pg'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Reader, Tx } from '../database/db.ts'

/*
 * Every statement over graphile-worker's private tables, for version 0.18. The library creates and migrates the tables,
 * adds jobs (add_job, add_jobs) and reads crontabs; we take, complete, fail and return jobs ourselves, since its worker
 * knows no lanes (docs/decisions/0023-job-lanes.md). graphile-worker.test.ts fails when an upgrade changes what is used.
 *
 * job_progress is our table. A row counts only for the revision of its job: the library increments that when a job is
 * added again over one that waits, which may then be about other data.
 */

type Queryable = Pick<Pool, 'query'>

/** What graphile-worker notifies of: jobs were added; its tables were migrated. */
export const queueChannels = { added: 'jobs:insert', migrated: 'worker:migrate' } as const
/** Ours: an operator cancelled jobs that are running. */
export const cancellationChannel = 'pacer_job_cancellations'

/** The last error of a job that an operator cancelled. */
const cancelled = 'Cancelled by an operator.'

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
const takesTurns = `priority + 0 = ${turnPriority}`
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

/** Counts stop here: counting a million rows would take longer than a reader waits. */
export const countLimit = 10_000

export interface NewJob {
  readonly name: string
  /** JSON. */
  readonly payload: string
  readonly runAt: Date | null
  readonly key: string | null
  readonly maxAttempts: number
  readonly priority: number
}

/** Adds a job in this transaction. One with the same key that waits is replaced. */
export async function addJob(tx: Tx, { name, payload, runAt, key, maxAttempts, priority }: NewJob): Promise<void> {
  await tx.$executeRaw`
    ${priority === turnPriority ? Prisma.sql`WITH turn AS (${addTurns([payload])})` : Prisma.empty}
    SELECT graphile_worker.add_job(
      ${name}, ${payload}::json, run_at => ${runAt}::timestamptz, job_key => ${key}::text,
      max_attempts => ${maxAttempts}::int, priority => ${priority}::int)`
}

export type NewJobOfMany = Pick<NewJob, 'payload' | 'runAt' | 'priority'> & { readonly key: string }

/** Adds many jobs of one name in one statement. No key may occur twice. */
export async function addJobs(
  tx: Tx,
  { name, maxAttempts }: Pick<NewJob, 'name' | 'maxAttempts'>,
  items: readonly NewJobOfMany[],
): Promise<void> {
  const payloads = items.map(({ payload }) => payload)
  const keys = items.map(({ key }) => key)
  const times = items.map(({ runAt }) => runAt)
  const priorities = items.map(({ priority }) => priority)
  const taking = items.flatMap(({ payload, priority }) => (priority === turnPriority ? payload : []))
  await tx.$executeRaw`
    ${taking.length > 0 ? Prisma.sql`WITH turn AS (${addTurns(taking)})` : Prisma.empty}
    SELECT graphile_worker.add_jobs(ARRAY(
      SELECT (${name}, payload::json, NULL, run_at, ${maxAttempts}::int, key, priority, NULL)::graphile_worker.job_spec
      FROM unnest(${payloads}::text[], ${keys}::text[], ${times}::timestamptz[], ${priorities}::smallint[])
        AS item (payload, key, run_at, priority)))`
}

/**
 * Gives the owners of these jobs a place in the order of turns. The row of one that has a place is changed too, so that
 * pruneTurns, which may have found no job of it, does not remove it.
 */
function addTurns(payloads: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO job_turns AS turn (owner, turn_at)
    SELECT owner, clock_timestamp() FROM (
      SELECT DISTINCT payload::json ->> 'userId' AS owner FROM unnest(${[...payloads]}::text[]) AS payload) AS owners
    ORDER BY owner
    ON CONFLICT (owner) DO UPDATE SET revision = turn.revision + 1`
}

/** A test of whether a schedule is due in the UTC minute of an instant. Throws for a schedule that is none. */
export function cronMatcher(schedule: string): (at: Date) => boolean {
  const { match } = parseCronItem({ task: 'due', match: schedule })
  return (at) =>
    match({
      min: at.getUTCMinutes(),
      hour: at.getUTCHours(),
      date: at.getUTCDate(),
      month: at.getUTCMonth() + 1,
      dow: at.getUTCDay(),
    })
}

/** Stores since when these entries of the crontab are known, so that nothing is due from before. */
export async function knowCronJobs(db: Queryable, names: readonly string[], since: Date): Promise<void> {
  await db.query(
    `INSERT INTO graphile_worker._private_known_crontabs (identifier, known_since)
     SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING`,
    [names, since],
  )
}

/**
 * Adds the job of a crontab entry that was due at `due`, unless it was added for that instant or a later one. One row
 * waits however often it was due, and keeps the instant since when it is; a running job gets another one beside it.
 */
export async function addCronJob(
  db: Queryable,
  { name, due, maxAttempts, priority }: Pick<NewJob, 'name' | 'maxAttempts' | 'priority'> & { readonly due: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH first AS (
       INSERT INTO graphile_worker._private_known_crontabs AS known (identifier, known_since, last_execution)
       VALUES ($1, $2, $2)
       ON CONFLICT (identifier) DO UPDATE SET last_execution = excluded.last_execution
       WHERE coalesce(known.last_execution, known.known_since) < excluded.last_execution
       RETURNING identifier)
     SELECT graphile_worker.add_job(identifier, '{}', job_key => identifier, job_key_mode => 'preserve_run_at',
       max_attempts => $3, priority => $4)
     FROM first`,
    [name, due, maxAttempts, priority],
  )
  return rowCount === 1
}

export interface TakenJob {
  readonly id: string
  readonly name: string
  readonly payload: unknown
  readonly priority: number
  /** Of this attempt, from 1. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly revision: number
  /** The results of the steps that earlier attempts finished. */
  readonly steps: Readonly<Record<string, unknown>>
  /** An operator cancelled it while the worker before held it. */
  readonly isCancelled: boolean
}

/** Free slots, and the priorities of the jobs that may use them, in the order in which they do. */
export interface FreeSlots {
  readonly slots: number
  readonly priorities: readonly number[]
}

const jobsWithNames = 'ARRAY(SELECT id FROM graphile_worker._private_tasks WHERE identifier = ANY ($5::text[]))'

/**
 * Takes as many jobs as there are free slots, by the order of their priorities and within one those that have been due
 * longest, and locks them for the worker. Only jobs with these names: another version of the program may know others. One
 * index range per priority, read only while slots are left.
 *
 * Of the priority of turns it takes one job per owner, in the order of turns, unless a job of that owner runs. Two workers
 * cannot take jobs of one owner: each locks the owner's turn and changes it, and the second then finds another revision
 * than its snapshot has, or the lock.
 */
export async function takeJobs(
  db: Queryable,
  worker: string,
  free: readonly FreeSlots[],
  names: readonly string[],
): Promise<TakenJob[]> {
  const ranges = free.flatMap(({ priorities }, index) => priorities.map((priority) => ({ free: index + 1, priority })))
  const { rows } = await db.query<TakenJob>({
    name: 'take-jobs',
    text: `
      WITH due AS (
        SELECT job.id FROM unnest($2::int[]) WITH ORDINALITY AS free (slots, number) CROSS JOIN LATERAL (
          SELECT next.id FROM unnest($3::int[], $4::smallint[]) AS range (free, priority) CROSS JOIN LATERAL (
            SELECT id FROM (
              SELECT id FROM graphile_worker._private_jobs
              WHERE range.priority <> ${turnPriority} AND is_available AND priority = range.priority AND run_at <= now()
                AND task_id = ANY (${jobsWithNames})
              ORDER BY run_at LIMIT free.slots FOR UPDATE SKIP LOCKED) AS longest_due
            UNION ALL
            SELECT id FROM (
              SELECT first.id FROM job_turns AS turn CROSS JOIN LATERAL (
                SELECT id FROM graphile_worker._private_jobs
                WHERE ${takesTurns} AND payload ->> 'userId' = turn.owner AND is_available AND run_at <= now()
                  AND task_id = ANY (${jobsWithNames})
                ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED) AS first
              WHERE range.priority = ${turnPriority}
                AND (SELECT locked_at FROM graphile_worker._private_jobs WHERE id = turn.job_id) IS NULL
                AND turn.revision = (SELECT revision FROM job_turns WHERE owner = turn.owner)
              ORDER BY turn.turn_at LIMIT free.slots FOR UPDATE OF turn SKIP LOCKED) AS next_owner) AS next
          WHERE range.free = free.number LIMIT free.slots) AS job),
      taken AS (
        UPDATE graphile_worker._private_jobs AS job
        SET attempts = job.attempts + 1, locked_by = $1, locked_at = now()
        WHERE job.id = ANY (ARRAY(SELECT id FROM due))
        RETURNING job.*),
      turns AS (
        UPDATE job_turns AS turn SET turn_at = clock_timestamp(), revision = turn.revision + 1, job_id = taken.id
        FROM taken WHERE taken.priority = ${turnPriority} AND turn.owner = taken.payload ->> 'userId')
      SELECT taken.id::text, task.identifier AS name, taken.payload, taken.priority, taken.attempts AS attempt,
        taken.max_attempts AS "maxAttempts", taken.revision, coalesce(progress.steps, '{}') AS steps,
        progress.cancel_requested_at IS NOT NULL AS "isCancelled"
      FROM taken
      JOIN graphile_worker._private_tasks AS task ON task.id = taken.task_id
      LEFT JOIN job_progress AS progress ON progress.job_id = taken.id AND progress.revision = taken.revision
      ORDER BY taken.run_at, taken.id`,
    values: [
      worker,
      free.map(({ slots }) => slots),
      ranges.map((range) => range.free),
      ranges.map(({ priority }) => priority),
      names,
    ],
  })
  return rows
}

/** The lock of an attempt on its job. A statement with it changes nothing once the job is another worker's. */
export interface JobLock {
  readonly id: string
  readonly revision: number
  readonly worker: string
}

const isLocked = 'id = $1::bigint AND revision = $2 AND locked_by = $3'
const lockOf = ({ id, revision, worker }: JobLock) => [id, revision, worker]

/**
 * The owner of a job that has ended waits for a turn from now on, behind those who waited meanwhile. Left out where the row
 * is locked: a transaction that adds a job for the owner may wait for this one.
 */
const endTurnOf = (ended: string) => `
  UPDATE job_turns SET turn_at = clock_timestamp() WHERE owner = (
    SELECT turn.owner FROM job_turns AS turn JOIN ${ended} AS job ON turn.owner = job.payload ->> 'userId'
    WHERE job.priority = ${turnPriority} FOR UPDATE OF turn SKIP LOCKED)`

/** Removes a job that is done, and its progress. False when the lock is lost: nothing changes then. */
export async function completeJob(db: Queryable, lock: JobLock): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'complete-job',
    text: `
      WITH done AS (DELETE FROM graphile_worker._private_jobs WHERE ${isLocked} RETURNING id, priority, payload),
      progress AS (DELETE FROM job_progress USING done WHERE job_id = done.id),
      turn AS (${endTurnOf('done')})
      SELECT FROM done`,
    values: lockOf(lock),
  })
  return rowCount === 1
}

/** Unlocks a job whose attempt failed; it is due again after `retryMs`, unless that was its last attempt. */
export async function failJob(
  db: Queryable,
  lock: JobLock,
  { error, retryMs }: { readonly error: string; readonly retryMs: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH failed AS (
       UPDATE graphile_worker._private_jobs
       SET last_error = $4, run_at = now() + $5 * interval '1 ms', locked_by = NULL, locked_at = NULL, updated_at = now()
       WHERE ${isLocked} RETURNING priority, payload),
     turn AS (${endTurnOf('failed')})
     SELECT FROM failed`,
    [...lockOf(lock), error, retryMs],
  )
  return rowCount === 1
}

/** Unlocks a job that an operator cancelled while it ran. It is not tried again, and can be retried by hand. */
export async function failCancelledJob(db: Queryable, lock: JobLock): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE graphile_worker._private_jobs
     SET last_error = $4, attempts = max_attempts, locked_by = NULL, locked_at = NULL, updated_at = now()
     WHERE ${isLocked}`,
    [...lockOf(lock), cancelled],
  )
  return rowCount === 1
}

/**
 * Unlocks a job that its worker could not finish, without counting the attempt: another worker takes it at once. A job
 * that was added anew while this one ran replaces it (the library then uses up its attempts), so it is removed.
 */
export async function returnJob(db: Queryable, lock: JobLock, attempt: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH replaced AS (DELETE FROM graphile_worker._private_jobs WHERE ${isLocked} AND attempts <> $4 RETURNING id),
     returned AS (
       UPDATE graphile_worker._private_jobs
       SET attempts = attempts - 1, locked_by = NULL, locked_at = NULL, updated_at = now()
       WHERE ${isLocked} AND attempts = $4 RETURNING id)
     SELECT NULL FROM replaced UNION ALL
     SELECT pg_notify('${queueChannels.added}', '{"count":1}')::text FROM returned`,
    [...lockOf(lock), attempt],
  )
  return rowCount === 1
}

export interface JobProgress {
  /** The step that is running. */
  readonly step: string | null
  readonly percent: number | null
  /** A step that has finished since the last time; its result is JSON. */
  readonly finished?: { readonly step: string; readonly result: string }
}

/** Stores how far a job has come. False when the lock is lost: nothing changes then. */
export async function saveProgress(
  db: Queryable,
  lock: JobLock,
  { step, percent, finished }: JobProgress,
): Promise<boolean> {
  const isSame = 'progress.revision = excluded.revision'
  const { rowCount } = await db.query(
    `INSERT INTO job_progress AS progress (job_id, revision, steps, step, percent, updated_at)
     SELECT id, revision, CASE WHEN $6::text IS NULL THEN '{}' ELSE jsonb_build_object($6::text, $7::jsonb) END,
       $4, $5::smallint, now()
     FROM graphile_worker._private_jobs WHERE ${isLocked}
     ON CONFLICT (job_id) DO UPDATE SET
       revision = excluded.revision, step = excluded.step, percent = excluded.percent, updated_at = excluded.updated_at,
       steps = CASE WHEN ${isSame} THEN progress.steps || excluded.steps ELSE excluded.steps END,
       cancel_requested_at = CASE WHEN ${isSame} THEN progress.cancel_requested_at END`,
    [...lockOf(lock), step, percent, finished?.step ?? null, finished?.result ?? null],
  )
  return rowCount === 1
}

export interface HeldJob {
  readonly id: string
  readonly revision: number
  readonly isCancelled: boolean
}

/** Which of these jobs the worker still holds, and whether an operator has cancelled them. */
export async function readHeldJobs(db: Queryable, worker: string, ids: readonly string[]): Promise<HeldJob[]> {
  const { rows } = await db.query<HeldJob>(
    `SELECT job.id::text, job.revision, progress.cancel_requested_at IS NOT NULL AS "isCancelled"
     FROM graphile_worker._private_jobs AS job
     LEFT JOIN job_progress AS progress ON progress.job_id = job.id AND progress.revision = job.revision
     WHERE job.id = ANY ($2::bigint[]) AND job.locked_by = $1`,
    [worker, ids],
  )
  return rows
}

/** Unlocks every job of these workers: others take them at once. The attempts count, as those of a killed worker do. */
export async function unlockWorkers(db: Queryable, workers: readonly string[]): Promise<void> {
  await db.query('SELECT graphile_worker.force_unlock_workers($1::text[])', [workers])
}

/** The workers that have held a job for so long and have written no heartbeat since. */
export async function findSilentWorkers(db: Queryable, silentMs: number): Promise<string[]> {
  const { rows } = await db.query<{ worker: string }>(
    `SELECT DISTINCT locked_by AS worker FROM graphile_worker._private_jobs
     WHERE locked_at < now() - $1 * interval '1 ms' AND NOT EXISTS (
       SELECT FROM worker_heartbeats WHERE worker_id = locked_by AND seen_at > now() - $1 * interval '1 ms')`,
    [silentMs],
  )
  return rows.map(({ worker }) => worker)
}

/**
 * Unlocks the jobs that a worker has held for so long and does not know of, all but `known`: the answer that brought them
 * was lost with its connection. Resolves to their ids.
 */
export async function unlockUnknownJobs(
  db: Queryable,
  worker: string,
  { known, heldMs }: { readonly known: readonly string[]; readonly heldMs: number },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `UPDATE graphile_worker._private_jobs SET locked_by = NULL, locked_at = NULL
     WHERE locked_by = $1 AND locked_at < now() - $2 * interval '1 ms' AND id <> ALL ($3::bigint[])
     RETURNING id::text`,
    [worker, heldMs, known],
  )
  return rows.map(({ id }) => id)
}

/** Removes the progress of jobs that are no longer in the queue: they were removed by other means than completeJob. */
export async function pruneProgress(db: Queryable): Promise<void> {
  await db.query(
    `DELETE FROM job_progress WHERE job_id IN (
       SELECT job_id FROM job_progress WHERE NOT EXISTS (
         SELECT FROM graphile_worker._private_jobs WHERE id = job_id) LIMIT ${countLimit})`,
  )
}

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

export interface QueueReading {
  /** Jobs that are due and not running, up to 10,000. */
  readonly depth: number
  /** How long the oldest of them has been due; 0 without any. */
  readonly oldestSeconds: number
}

/** What waits at each of these priorities. One index range each, so a long queue at one costs the others nothing. */
export async function readDueJobs(
  db: Queryable,
  priorities: readonly number[],
): Promise<(QueueReading & { readonly priority: number })[]> {
  const { rows } = await db.query<QueueReading & { priority: number }>(
    `SELECT lane.priority, count(due.run_at)::int AS depth,
       coalesce(extract(epoch FROM now() - min(due.run_at)), 0)::float8 AS "oldestSeconds"
     FROM unnest($1::smallint[]) AS lane (priority) LEFT JOIN LATERAL (
       SELECT run_at FROM graphile_worker._private_jobs
       WHERE is_available AND priority = lane.priority AND run_at <= now()
       ORDER BY run_at LIMIT ${countLimit}) AS due ON true
     GROUP BY lane.priority`,
    [priorities],
  )
  return rows
}

/** How many jobs failed too often and are not tried again, up to 10,000; without those that were cancelled. */
export async function countGivenUpJobs(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
       SELECT FROM graphile_worker._private_jobs
       WHERE attempts >= max_attempts AND locked_at IS NULL AND last_error IS DISTINCT FROM $1
       LIMIT ${countLimit}) AS job`,
    [cancelled],
  )
  return rows[0]?.count ?? 0
}

/** failed: it was tried as often as it may be, or cancelled, and is not tried again. */
export type JobState = 'waiting' | 'running' | 'failed'

/** Which jobs; what is left out does not matter. */
export interface JobFilter {
  readonly ids?: readonly string[] | undefined
  readonly state?: JobState | undefined
  readonly name?: string | undefined
  readonly priorities?: readonly number[] | undefined
}

/** A job without its payload. */
export interface StoredJob {
  readonly id: string
  readonly name: string
  readonly priority: number
  readonly state: JobState
  readonly attempts: number
  readonly maxAttempts: number
  readonly step: string | null
  readonly percent: number | null
  readonly finishedSteps: readonly string[]
  readonly runAt: Date
  readonly createdAt: Date
  readonly key: string | null
  readonly lockedBy: string | null
  readonly lockedAt: Date | null
  readonly cancelRequestedAt: Date | null
  readonly lastError: string | null
}

/** A page of jobs, by when they were added. Payloads and the results of steps are not read. */
export function findJobs(
  db: Reader,
  { filter, limit, oldestFirst }: { filter: JobFilter; limit: number; oldestFirst: boolean },
): Promise<StoredJob[]> {
  return db.$queryRaw`
    SELECT job.id::text, task.identifier AS name, job.priority, ${state} AS state, job.attempts,
      job.max_attempts AS "maxAttempts", progress.step, progress.percent,
      ARRAY(SELECT jsonb_object_keys(progress.steps)) AS "finishedSteps",
      job.run_at AS "runAt", job.created_at AS "createdAt", job.key, job.locked_by AS "lockedBy",
      job.locked_at AS "lockedAt", progress.cancel_requested_at AS "cancelRequestedAt", job.last_error AS "lastError"
    FROM graphile_worker._private_jobs AS job
    JOIN graphile_worker._private_tasks AS task ON task.id = job.task_id
    LEFT JOIN job_progress AS progress ON progress.job_id = job.id AND progress.revision = job.revision
    WHERE ${conditions(filter)}
    ORDER BY job.id ${oldestFirst ? Prisma.sql`ASC` : Prisma.sql`DESC`} LIMIT ${limit}`
}

const state = Prisma.sql`CASE
  WHEN job.locked_at IS NOT NULL THEN 'running' WHEN job.attempts >= job.max_attempts THEN 'failed' ELSE 'waiting' END`

function conditions({ ids, state: wanted, name, priorities }: JobFilter): Prisma.Sql {
  const all = [
    ids && Prisma.sql`job.id = ANY(${[...ids]}::bigint[])`,
    wanted && Prisma.sql`${state} = ${wanted}`,
    name !== undefined && Prisma.sql`task.identifier = ${name}`,
    priorities && Prisma.sql`job.priority = ANY(${[...priorities]}::smallint[])`,
  ].filter((condition) => condition !== undefined && condition !== false)
  return all.length === 0 ? Prisma.sql`true` : Prisma.join(all, ' AND ')
}

/** The payload of a job: ids, by convention. Null where there is no such job. */
export async function readJobPayload(db: Reader, id: string): Promise<unknown> {
  const [row] = await db.$queryRaw<{ payload: unknown }[]>`
    SELECT payload FROM graphile_worker._private_jobs WHERE id = ${id}::bigint`
  return row?.payload ?? null
}

/**
 * Makes these jobs due now, with all their attempts, and forgets that they were cancelled; finished steps stay finished.
 * Running jobs do not change. Resolves to the ids of those that changed.
 */
export async function rescheduleJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH changed AS (
      SELECT id FROM graphile_worker.reschedule_jobs(${[...ids]}::bigint[], run_at => now(), attempts => 0)),
    progress AS (UPDATE job_progress SET cancel_requested_at = NULL FROM changed WHERE job_id = changed.id)
    SELECT id::text FROM changed`
  return new Set(rows.map(({ id }) => id))
}

/**
 * Cancels these jobs. Those that do not run are not tried again, and their ids are what it resolves to; the rows stay, to be
 * looked at and retried. Those that run are marked, and their workers notified. The mark comes first, so that a job that
 * is taken in between is cancelled by the worker that takes it.
 */
export async function cancelStoredJobs(db: Reader, ids: readonly string[]): Promise<ReadonlySet<string>> {
  await db.$executeRaw`
    INSERT INTO job_progress AS progress (job_id, revision, cancel_requested_at, updated_at)
    SELECT id, revision, now(), now() FROM graphile_worker._private_jobs WHERE id = ANY(${[...ids]}::bigint[])
    ON CONFLICT (job_id) DO UPDATE SET
      revision = excluded.revision, cancel_requested_at = excluded.cancel_requested_at, updated_at = excluded.updated_at,
      steps = CASE WHEN progress.revision = excluded.revision THEN progress.steps ELSE excluded.steps END`
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM graphile_worker.permanently_fail_jobs(
      ARRAY(SELECT id FROM graphile_worker._private_jobs WHERE id = ANY(${[...ids]}::bigint[]) AND locked_at IS NULL),
      ${cancelled})`
  await db.$executeRaw`SELECT pg_notify(${cancellationChannel}, '')`
  return new Set(rows.map(({ id }) => id))
}

/** Removes the due job that was added first, and resolves to it: for tests, which run jobs one by one. */
export async function removeOldestDueJob(
  db: Reader,
): Promise<{ readonly name: string; readonly payload: object } | undefined> {
  const [job] = await db.$queryRaw<{ name: string; payload: object }[]>`
    DELETE FROM graphile_worker._private_jobs AS job USING graphile_worker._private_tasks AS task
    WHERE task.id = job.task_id AND job.id = (
      SELECT id FROM graphile_worker._private_jobs WHERE run_at <= now() ORDER BY id LIMIT 1)
    RETURNING task.identifier AS name, job.payload`
  return job
}
