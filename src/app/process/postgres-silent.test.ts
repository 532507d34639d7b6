import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, inject, onTestFinished, test } from 'vitest'
import { cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'

/** Sends the signals and waits for the program to end. `ms` is the time since the signals. */
async function endsAfter(program: Program, ...signals: NodeJS.Signals[]): Promise<{ code: unknown; ms: number }> {
  const signalledAt = performance.now()
  for (const signal of signals) program.kill(signal)
  const code = await program.ended
  return { code, ms: performance.now() - signalledAt }
}

const resources = () => ({ dataDir: inject('dataDir'), bucket: inject('bucket') })

function start(role: string, env: Readonly<Record<string, string>>): Program {
  const program = startProgram(['src/main.ts', role], env)
  onTestFinished(() => program[Symbol.asyncDispose]())
  return program
}

test('every role stops with exit code 0 within ten seconds while Postgres does not respond', async () => {
  await using database = await cloneDatabase()
  await using proxy = await startPostgresProxy(directUrlOf(database.url))
  const { env } = await production(resources(), {
    url: proxy.through(database.url),
    ownerUrl: proxy.through(database.ownerUrl),
  })
  const programs = ['worker', 'all', 'api'].map((role) => start(role, env))
  await Promise.all(programs.map((program) => program.waitForOutput(/"msg":"ready"/)))
  proxy.isSilent = true
  for (const { code, ms } of await Promise.all(programs.map((program) => endsAfter(program, 'SIGTERM')))) {
    expect(code).toBe(0)
    expect(ms).toBeLessThan(10_000)
  }
}, 60_000)

/** A server that accepts connections and never responds. `connected` resolves when it has a connection. */
async function openSilentPostgres(): Promise<{ url: string; connected(): Promise<void> } & AsyncDisposable> {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `postgres://pacer:not-to-be-seen@127.0.0.1:${(server.address() as AddressInfo).port}/pacer`,
    async connected() {
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
  '%s with AUTO_MIGRATE=%s stops with exit code 0 while it starts with a Postgres that does not respond',
  async (role, migrates) => {
    await using silent = await openSilentPostgres()
    const { env } = await production(resources(), { url: silent.url, ownerUrl: silent.url })
    const program = start(role, { ...env, AUTO_MIGRATE: migrates })
    await silent.connected()
    const { code, ms } = await endsAfter(program, 'SIGTERM')
    expect(code).toBe(0)
    expect(ms).toBeLessThan(5_000)
  },
)

test('a start with a Postgres that does not respond fails and names the variable', async () => {
  await using silent = await openSilentPostgres()
  const direct = `${silent.url}_direct`
  const { env } = await production(resources(), { url: silent.url, ownerUrl: direct })
  const program = start('api', env)
  expect(await program.ended).toBe(1)
  const place = new URL(direct).host
  expect(program.errors()).toBe(
    `The database at ${place} cannot be used: it does not answer. Check that Postgres is running there, or correct DIRECT_URL.\n`,
  )
})
