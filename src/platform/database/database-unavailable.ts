/**
 * Prisma error codes: not reachable, timed out, connection closed, pool exhausted, transaction not started or not
 * completed in time.
 */
const prismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028'])

/**
 * SQLSTATEs: a broken connection (08…), too many connections, server starting or stopping, statement or transaction
 * timeouts.
 */
const sqlStates = /^(08...|53300|57P0[1-5]|57014|25P0[34])$/

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'EAI_AGAIN',
])

/** Prisma's error kinds for raw SQL, which have no code. */
const prismaKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

/** Messages of pg's own errors, which have no codes. */
const messages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired$|Query read timeout|.*not queryable$)/

/** Whether an error says that the database was not reachable or did not answer in time, so that a retry may succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, originalCode, kind, message, cause, meta, errors } = error as Readonly<Record<string, unknown>>
  for (const name of [code, originalCode]) {
    if (typeof name !== 'string') continue
    if (prismaCodes.has(name) || sqlStates.test(name) || socketCodes.has(name)) return true
  }
  if (typeof kind === 'string' && prismaKinds.has(kind)) return true
  if (typeof message === 'string' && messages.test(message)) return true
  const inner = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError
  const causes = [cause, inner, ...(Array.isArray(errors) ? errors : [])]
  return causes.some(isDatabaseUnavailable)
}
