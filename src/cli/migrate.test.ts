import { Command } from 'commander'
import { expect, test, vi } from 'vitest'
import { cloneDatabase } from '../testing/postgres.ts'
import { addMigrate } from './migrate.ts'

async function run(environment: Record<string, string>): Promise<string> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const program = new Command()
  addMigrate(program)
  await program.parseAsync(['migrate'], { from: 'user' })
  return said.mock.calls.flat().join('')
}

test('applies what is missing as the owner, and then finds nothing', async () => {
  await using database = await cloneDatabase()
  const environment = { DATABASE_URL: database.url, DIRECT_URL: database.ownerUrl }
  expect(await run(environment)).toBe('Nothing is missing.\n')
})

test('the runtime role is told whose address is needed', async () => {
  await using database = await cloneDatabase()
  await expect(run({ DATABASE_URL: database.url })).rejects.toThrow(
    /^The role pacer of DIRECT_URL may not migrate this database: .*Set DIRECT_URL to the address of the role that owns/,
  )
})

test('without a database it says who migrates the embedded one', async () => {
  await expect(run({})).rejects.toThrow('`npm start`')
})
