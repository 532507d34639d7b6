import type { Pool, QueryConfig } from 'pg'

/** Runs a read-only statement and resolves to its rows. */
export type RunQuery = <Row extends object>(sql: string) => Promise<Row[]>

/** pg also reads query_timeout from a query; its types do not say so. */
interface TimeoutQuery extends QueryConfig {
  readonly query_timeout: number
}

/**
 * Lets `work` read the database as of one instant, whatever is written meanwhile. For reads that take longer than a
 * request: each statement may take `statementMs`, on the server and in the client, instead of the pool's few seconds.
 */
export async function readSnapshot<Result>(
  pool: Pool,
  { statementMs }: { readonly statementMs: number },
  work: (run: RunQuery) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await client.query(`SET LOCAL statement_timeout = ${statementMs}`)
    const result = await work(async <Row extends object>(text: string) => {
      const query: TimeoutQuery = { text, query_timeout: statementMs }
      return (await client.query<Row>(query)).rows
    })
    await client.query('COMMIT')
    return result
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    // After a failure the state of the connection is unknown: closing it rolls back.
    client.release(failure)
  }
}
