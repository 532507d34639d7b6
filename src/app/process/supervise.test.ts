import { readFile } from 'node:fs/promises'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freePort } from '../../dev/embedded/free-port.ts'
import { cloneDatabase } from '../../testing/postgres.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'

async function start(databaseUrls: { url: string; ownerUrl: string }, env: Record<string, string> = {}) {
  const resources = { dataDir: inject('dataDir'), bucket: inject('bucket') }
  const deployment = await production(resources, databaseUrls)
  const program = startProgram(['src/main.ts', 'all'], { ...deployment.env, WEB_CONCURRENCY: '2', ...env })
  onTestFinished(async () => {
    program.kill('SIGTERM')
    await program.ended
  })
  return program
}

interface Line {
  readonly pid: number
  readonly role: string
  readonly port: number
  readonly metricsPort: number
}

/** The log line `ready` of each process, in order. */
function readyLines(program: Program): Line[] {
  return program
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg":"ready"'))
    .map((line) => JSON.parse(line) as Line)
}

/** The child processes, from /proc. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

const isUp = async (url: string) =>
  fetch(url, { headers: { connection: 'close' } }).then(
    ({ status }) => status,
    () => null,
  )

test('WEB_CONCURRENCY processes share the port, a killed one is replaced, and SIGTERM stops all with exit code 0', async () => {
  await using database = await cloneDatabase()
  const metricsPort = await freePort()
  const program = await start({ url: database.url, ownerUrl: database.ownerUrl }, { METRICS_PORT: String(metricsPort) })
  await expect.poll(() => readyLines(program).length, { timeout: 25_000 }).toBe(2)
  const lines = readyLines(program)
  expect(lines.map(({ role }) => role).sort()).toEqual(['all', 'api'])
  const [port] = new Set(lines.map((line) => line.port))
  expect(new Set(lines.map((line) => line.port)).size).toBe(1)
  expect(lines.map((line) => line.metricsPort).sort()).toEqual([metricsPort, metricsPort + 1])
  for (const line of lines) {
    expect(await isUp(`http://127.0.0.1:${line.metricsPort}/metrics`)).toBe(200)
    expect(await isUp(`http://127.0.0.1:${line.metricsPort}/health/ready`)).toBe(200)
  }

  const children = await childrenOf(program.pid)
  expect(children).toHaveLength(2)
  process.kill(children[1] ?? 0, 'SIGKILL')
  const statuses = await Promise.all(Array.from({ length: 20 }, () => isUp(`http://127.0.0.1:${port}/health/live`)))
  expect(statuses).toContain(200)
  await program.waitForOutput(/process died, restarting/)
  await expect.poll(() => readyLines(program).length, { timeout: 20_000 }).toBe(3)
  expect(await isUp(`http://127.0.0.1:${metricsPort + 1}/health/ready`)).toBe(200)

  program.kill('SIGTERM')
  const signalledAt = performance.now()
  expect(await program.ended).toBe(0)
  expect(performance.now() - signalledAt).toBeLessThan(10_000)
  expect(await isUp(`http://127.0.0.1:${port}/health/live`)).toBe(null)
}, 60_000)

test('a paused child is killed after the others have ended, which is logged', async () => {
  await using database = await cloneDatabase()
  const program = await start({ url: database.url, ownerUrl: database.ownerUrl })
  await expect.poll(() => readyLines(program).length, { timeout: 25_000 }).toBe(2)
  const [, paused] = await childrenOf(program.pid)
  process.kill(paused ?? 0, 'SIGSTOP')
  program.kill('SIGTERM')
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(new RegExp(`"pid":${paused},"msg":"process did not stop in time`))
}, 60_000)

test.each([
  ['9465', '9464', 'and PORT=9465 is one of them'],
  ['4000', '65535', 'and 65535 is the last one'],
])(
  'PORT %s and METRICS_PORT %s of two processes are refused before anything starts',
  async (PORT, METRICS_PORT, why) => {
    const unavailable = 'postgres://pacer@127.0.0.1:1/pacer'
    const program = await start({ url: unavailable, ownerUrl: unavailable }, { PORT, METRICS_PORT })
    expect(await program.ended).toBe(1)
    expect(program.errors()).toContain(why)
    expect(program.errors()).toContain('Choose another METRICS_PORT')
    expect(program.output()).toBe('')
  },
)

test('if the first process cannot start, its error is printed once and the exit code is 1', async () => {
  const unavailable = 'postgres://pacer:not-to-be-seen@127.0.0.1:1/pacer'
  const program = await start({ url: unavailable, ownerUrl: unavailable })
  expect(await program.ended).toBe(1)
  expect(program.errors()).toBe(
    'The database at 127.0.0.1:1 cannot be used: connect ECONNREFUSED 127.0.0.1:1. ' +
      'Check that Postgres is running there, or correct DATABASE_URL.\n',
  )
})
