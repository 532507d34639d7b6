import { Pool } from 'pg'

/**
 * Connections for a test. The pool says that it has ended before its connections have; a server that stops just then tells
 * them so, and without a listener that would fail the run.
 */
export function openPool(url: string, max = 10): Pool {
  return new Pool({ connectionString: url, max }).on('error', () => undefined)
}
