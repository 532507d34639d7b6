import { expect, inject, test } from 'vitest'
import { startProgram } from '../testing/process.ts'
import { production } from '../testing/production.ts'

test.each([
  ['jobs list', 'DATABASE_URL', "Can't reach database server at 127.0.0.1:1"],
  ['migrate', 'DIRECT_URL', 'connect ECONNREFUSED 127.0.0.1:1'],
])('%s without its database is one sentence that names %s', async (command, variable, reason) => {
  const away = 'postgres://pacer:not-to-be-seen@127.0.0.1:1/pacer'
  const surroundings = { dataDir: inject('dataDir'), bucket: inject('bucket') }
  const { env } = await production(surroundings, { url: away, ownerUrl: away })
  await using program = startProgram(['src/cli/main.ts', ...command.split(' ')], env)
  expect(await program.ended).toBe(1)
  expect(program.errors()).toBe(
    `The database cannot be used: ${reason}. See that Postgres is well there, or correct ${variable}.\n`,
  )
})
