import type { Pool } from 'pg'

/*
 * This folder has every statement over graphile-worker's private tables, for version 0.18. The library creates and
 * migrates the tables, adds jobs (add_job, add_jobs) and reads crontabs; we take, complete, fail and return jobs ourselves,
 * since its worker knows no lanes (docs/decisions/0023-job-lanes.md). graphile-worker.test.ts fails when an upgrade changes
 * what is used.
 */

/** What runs a statement: a pool, or one connection. */
export type Queryable = Pick<Pool, 'query'>
