import type { Reader } from './db.ts'

/** Counting so many rows takes milliseconds; of 13 million, longer than a statement may take. */
const mostCounted = 10_000

export interface EstimatedCount {
  readonly table: string
  /** Rows of the table that are not to be counted, such as those that an earlier run has read. */
  readonly without?: number
  /** Counts the rows, up to `limit`. */
  countUpTo(limit: number): Promise<number>
}

/**
 * How many rows there are, for showing progress: exact up to 10,000, beyond that the number of rows in the table as Postgres
 * last estimated it, by ANALYZE or autovacuum.
 */
export async function estimateCount(db: Reader, { table, without = 0, countUpTo }: EstimatedCount): Promise<number> {
  const counted = await countUpTo(mostCounted + 1)
  if (counted <= mostCounted) return counted
  const [row] = await db.$queryRaw<{ rows: number }[]>`
    SELECT reltuples::float8 AS rows FROM pg_class WHERE oid = to_regclass(${table})`
  return Math.max(counted, Math.round(row?.rows ?? 0) - without)
}
