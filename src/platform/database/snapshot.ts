import type { Pool, QueryConfig } from 'pg'

/** Runs a statement that reads, and resolves to its rows. */
export type Ask = <Row extends object>(sql: string) => Promise<Row[]>

/** pg reads it of a query too, as of a connection; its types do not say so. */
interface PatientQuery extends QueryConfig {
  readonly query_timeout: number
}

/**
 * Lets `work` read everything as it was at one instant, whatever is written meanwhile. For what takes longer than a
 * request may: each statement has `statementMs`, on the server and here, instead of the pool's few seconds.
 */
export async function readSnapshot<Result>(
  pool: Pool,
  { statementMs }: { readonly statementMs: number },
  work: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await client.query(`SET LOCAL statement_timeout = ${statementMs}`)
    const result = await work(async <Row extends object>(text: string) => {
      const query: PatientQuery = { text, query_timeout: statementMs }
      return (await client.query<Row>(query)).rows
    })
    await client.query('COMMIT')
    return result
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // After a failure the connection may be in the middle of anything: it is closed, which rolls back.
    client.release(failure)
  }
}
