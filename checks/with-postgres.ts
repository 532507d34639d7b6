import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../src/dev/embedded/postgres.ts'

/** Runs `work` with the owner's URL of a new, empty Postgres, which ends and is removed with it (1.3 s). */
export async function withPostgres<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-checks-'))
  try {
    await using postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false })
    return await work(postgres.url())
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
