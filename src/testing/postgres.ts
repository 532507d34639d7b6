import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'

export interface ClonedDatabase extends AsyncDisposable {
  readonly url: string
}

/** A database of one's own, migrated, in 30 ms: a copy of the run's template. */
export async function cloneDatabase(): Promise<ClonedDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await asOwner(`CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')} STRATEGY file_copy`)
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => asOwner(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
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
