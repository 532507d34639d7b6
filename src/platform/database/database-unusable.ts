import { isDatabaseAway } from './database-away.ts'

/** Which variable names a database, and what it says where that is known. */
export interface NamedDatabase {
  readonly variable: 'DATABASE_URL' | 'DIRECT_URL'
  readonly url?: string
}

/** Postgres' and Prisma's: a wrong password or role, no such database, one that the role may not enter. */
const refusals = /^(28...|3D000|P1000|P1003|P1010)$/

/** Where the database is away or refuses, one sentence with the variable to look at, never its password; else the error. */
export function explainUnusable(error: unknown, { variable, url }: NamedDatabase): unknown {
  const { code } = Object(error) as { readonly code?: unknown }
  const isRefused = typeof code === 'string' && refusals.test(code)
  if (!isRefused && !isDatabaseAway(error)) return error
  const host = url !== undefined && URL.canParse(url) ? new URL(url).host : ''
  const place = host === '' ? '' : ` at ${host}`
  const sentence = `The database${place} cannot be used: ${reasonOf(error)}. See that Postgres is well there, or correct ${variable}.`
  return new Error(sentence, { cause: error })
}

/** The driver's own words, without Prisma's around them. A name with two addresses fails with an error of each. */
function reasonOf(error: unknown): string {
  const { message, errors } = Object(error) as { readonly message?: unknown; readonly errors?: readonly unknown[] }
  if (Array.isArray(errors) && errors.length > 0) return reasonOf(errors[0])
  if (message === 'timeout expired') return 'it does not answer'
  const last = String(message).trimEnd().split('\n').at(-1) ?? ''
  return last.replace(/^Raw query failed\. Code: `.*?`\. Message: `(.*)`$/, '$1').replace(/\.$/, '')
}
