import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { runtimeLogin } from '../dev/embedded/runtime-login.ts'

export interface ClonedDatabase extends AsyncDisposable {
  /** As the program connects: it owns nothing. */
  readonly url: string
  /** As migrations do: may do anything. */
  readonly ownerUrl: string
}

/** A database of one's own, migrated: a copy of the run's template, in 14 ms where that is in memory. */
export async function cloneDatabase(): Promise<ClonedDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await asOwner(`CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')} STRATEGY file_copy`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  url.username = runtimeLogin
  const pooler = inject('pooler')
  if (pooler !== undefined) url.host = pooler
  return {
    url: url.href,
    ownerUrl: ownerUrlOf(url.href),
    [Symbol.asyncDispose]: () => asOwner(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

/** The same database without the pooler, where the run has one. */
export function directUrlOf(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  if (url.host === inject('pooler')) url.host = new URL(inject('postgresUrl')).host
  return url.href
}

/** The same database for the role that owns it. */
export function ownerUrlOf(databaseUrl: string): string {
  const url = new URL(directUrlOf(databaseUrl))
  url.username = new URL(inject('postgresUrl')).username
  return url.href
}

async function asOwner(sql: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
