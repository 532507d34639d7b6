import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, inject, onTestFinished, test } from 'vitest'
import { cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { openPostgresDoor } from '../../testing/postgres-door.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'

/** From the signal on; a program that stays would hold up the test for ever. */
async function endsAfter(program: Program, ...signals: NodeJS.Signals[]): Promise<{ code: unknown; ms: number }> {
  const began = performance.now()
  for (const signal of signals) program.kill(signal)
  const code = await program.ended
  return { code, ms: performance.now() - began }
}

const surroundings = () => ({ dataDir: inject('dataDir'), bucket: inject('bucket') })

function start(role: string, env: Readonly<Record<string, string>>): Program {
  const program = startProgram(['src/main.ts', role], env)
  onTestFinished(() => program[Symbol.asyncDispose]())
  return program
}

test('told to stop while Postgres is silent, every process ends with 0 within ten seconds', async () => {
  await using database = await cloneDatabase()
  await using door = await openPostgresDoor(directUrlOf(database.url))
  const { env } = await production(surroundings(), {
    url: door.through(database.url),
    ownerUrl: door.through(database.ownerUrl),
  })
  const programs = ['worker', 'all', 'api'].map((role) => start(role, env))
  await Promise.all(programs.map((program) => program.says(/"msg":"ready"/)))
  door.isSilent = true
  for (const { code, ms } of await Promise.all(programs.map((program) => endsAfter(program, 'SIGTERM')))) {
    expect(code).toBe(0)
    expect(ms).toBeLessThan(10_000)
  }
}, 60_000)

/** Takes connections and says nothing. Resolves, when asked, once it has one of them. */
async function openSilentPostgres(): Promise<{ url: string; asked(): Promise<void> } & AsyncDisposable> {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `postgres://pacer:not-to-be-seen@127.0.0.1:${(server.address() as AddressInfo).port}/pacer`,
    async asked() {
      if (sockets.length === 0) await once(server, 'connection')
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

test.each([
  ['api', 'true'],
  ['worker', 'true'],
  ['worker', 'false'],
])(
  '%s with AUTO_MIGRATE=%s, told to stop while it begins on a silent Postgres, ends with 0',
  async (role, migrates) => {
    await using silent = await openSilentPostgres()
    const { env } = await production(surroundings(), { url: silent.url, ownerUrl: silent.url })
    const program = start(role, { ...env, AUTO_MIGRATE: migrates })
    await silent.asked()
    const { code, ms } = await endsAfter(program, 'SIGTERM')
    expect(code).toBe(0)
    expect(ms).toBeLessThan(5_000)
  },
)

test('a start on a silent Postgres is given up, and says which variable to look at', async () => {
  await using silent = await openSilentPostgres()
  const direct = `${silent.url}_direct`
  const { env } = await production(surroundings(), { url: silent.url, ownerUrl: direct })
  const program = start('api', env)
  expect(await program.ended).toBe(1)
  const place = new URL(direct).host
  expect(program.errors()).toBe(
    `The database at ${place} cannot be used: it does not answer. See that Postgres is well there, or correct DIRECT_URL.\n`,
  )
})
