import { Client } from 'pg'
import { onTestFinished } from 'vitest'
import type { TestApp } from './app.ts'

/** Locks the table `users` until the client ends. */
export async function lockUsers({ databaseUrl }: Pick<TestApp, 'databaseUrl'>): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  onTestFinished(() => client.end())
  await client.query('BEGIN; LOCK TABLE users')
  return client
}

/** The number of sessions that wait for a lock in the app's database. */
export async function waitingForLocks({ app }: Pick<TestApp, 'app'>): Promise<number> {
  const [row] = await app.db.prisma.$queryRaw<{ n: number }[]>`
    SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`
  return row?.n ?? 0
}
