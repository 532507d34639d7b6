import { expect, inject, test } from 'vitest'
import { startProgram } from '../testing/process.ts'
import { production } from '../testing/production.ts'

test.each([
  ['jobs list', 'DATABASE_URL', "Can't reach database server at 127.0.0.1:1"],
  ['migrate', 'DIRECT_URL', 'connect ECONNREFUSED 127.0.0.1:1'],
])('%s fails with one sentence that names %s if its database is unavailable', async (command, variable, reason) => {
  const unavailable = 'postgres://pacer:not-to-be-seen@127.0.0.1:1/pacer'
  const resources = { dataDir: inject('dataDir'), bucket: inject('bucket') }
  const { env } = await production(resources, { url: unavailable, ownerUrl: unavailable })
  await using program = startProgram(['src/cli/main.ts', ...command.split(' ')], env)
  expect(await program.ended).toBe(1)
  expect(program.errors()).toBe(
    `The database cannot be used: ${reason}. Check that Postgres is running there, or correct ${variable}.\n`,
  )
})
