/** Prisma's: not reachable, timed out, closed, no connection free, no transaction begun or kept in time. */
const prismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028'])

/** Postgres' own: a broken connection (08…), too many of them, starting, stopping, and what takes too long. */
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

/** Prisma's again, where it has no code: of statements that we write ourselves. */
const prismaKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

/** pg's own errors have no codes. */
const words =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired$|Query read timeout|.*not queryable$)/

/** Whether an error says that the database could not be asked, or did not answer in time; another attempt may do. */
export function isDatabaseAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, originalCode, kind, message, cause, meta, errors } = error as Readonly<Record<string, unknown>>
  for (const name of [code, originalCode]) {
    if (typeof name !== 'string') continue
    if (prismaCodes.has(name) || sqlStates.test(name) || socketCodes.has(name)) return true
  }
  if (typeof kind === 'string' && prismaKinds.has(kind)) return true
  if (typeof message === 'string' && words.test(message)) return true
  const inner = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError
  const causes = [cause, inner, ...(Array.isArray(errors) ? errors : [])]
  return causes.some(isDatabaseAway)
}
