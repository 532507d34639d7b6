import { Pool } from 'pg'

/**
 * Opens a pool for a test. `pool.end()` resolves before its connections have closed. If the server stops in between, the
 * connections emit an error, which would fail the test run without a listener.
 */
export function openPool(url: string, max = 10): Pool {
  return new Pool({ connectionString: url, max }).on('error', () => undefined)
}
