import { isDatabaseUnavailable } from './database-unavailable.ts'

/** The environment variable that names a database, and its value where known. */
export interface NamedDatabase {
  readonly variable: 'DATABASE_URL' | 'DIRECT_URL'
  readonly url?: string
}

/** SQLSTATEs and Prisma codes: wrong password or role, no such database, no permission to connect. */
const refusals = /^(28...|3D000|P1000|P1003|P1010)$/

/**
 * If the database is unavailable or refuses the connection, returns an error that names the variable to check and never
 * shows the password. Otherwise returns the error unchanged.
 */
export function explainUnusable(error: unknown, { variable, url }: NamedDatabase): unknown {
  const { code } = Object(error) as { readonly code?: unknown }
  const isRefused = typeof code === 'string' && refusals.test(code)
  if (!isRefused && !isDatabaseUnavailable(error)) return error
  const host = url !== undefined && URL.canParse(url) ? new URL(url).host : ''
  const place = host === '' ? '' : ` at ${host}`
  const sentence = `The database${place} cannot be used: ${reasonOf(error)}. Check that Postgres is running there, or correct ${variable}.`
  return new Error(sentence, { cause: error })
}

/**
 * The driver's message without Prisma's text around it. A host name with two addresses fails with one error for each;
 * the first is used.
 */
function reasonOf(error: unknown): string {
  const { message, errors } = Object(error) as { readonly message?: unknown; readonly errors?: readonly unknown[] }
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0])
  if (message === 'timeout expired') return 'it does not answer'
  const last = String(message).trimEnd().split('\n').at(-1) ?? ''
  return last.replace(/^Raw query failed\. Code: `.*?`\. Message: `(.*)`$/, '$1').replace(/\.$/, '')
}
