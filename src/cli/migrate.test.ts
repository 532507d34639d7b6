import { expect, test, vi } from 'vitest'
import { cloneDatabase } from '../testing/postgres.ts'
import { runCommand } from '../testing/run-command.ts'
import { addMigrate } from './migrate.ts'

function run(environment: Record<string, string>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  return runCommand(addMigrate, ['migrate'])
}

test('connects as the owner and finds no pending migrations', async () => {
  await using database = await cloneDatabase()
  const environment = { DATABASE_URL: database.url, DIRECT_URL: database.ownerUrl }
  expect((await run(environment)).output).toBe('No pending migrations.\n')
})

test('fails for the runtime role and says which URL is needed', async () => {
  await using database = await cloneDatabase()
  expect((await run({ DATABASE_URL: database.url })).failure).toMatch(
    /^The role pacer of DIRECT_URL may not migrate this database: .*Set DIRECT_URL to the address of the role that owns/,
  )
})

test('says without a configured database that `npm start` migrates the embedded one', async () => {
  expect((await run({})).failure).toContain('`npm start`')
})
