import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { developmentIdentity } from '../../dev/identity.ts'
import { cloneDatabase } from '../../testing/postgres.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { resourceVariables } from '../../testing/production.ts'
import { sendRecording } from '../../testing/send-recording.ts'

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-process-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** The data folder of the development server. */
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pacer-process-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))

const ports = { PORT: '0', METRICS_PORT: '0' }

function start(env: Record<string, string>, role = 'all'): Program {
  const program = startProgram(['src/main.ts', role], { ...ports, ...env })
  onTestFinished(() => program[Symbol.asyncDispose]())
  return program
}

async function cli(dataDir: string, ...args: string[]): Promise<string> {
  await using program = startProgram(['src/cli/main.ts', ...args], { DATA_DIR: dataDir })
  const code = await program.ended
  if (code !== 0) throw new Error(`exit ${code}: ${program.errors()}`)
  return program.output()
}

async function query(api: string, token: string, source: string): Promise<unknown> {
  const response = await fetch(`${api}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: source }),
  })
  return response.json()
}

const addressOf = async (program: Program) =>
  (await program.waitForOutput(/GraphiQL +(http:\/\/localhost:\d+)\/graphql/))[1] ?? ''

/** Listens on the default metrics port, unless another development server does. */
async function takeDefaultMetricsPort(): Promise<Server> {
  const server = createServer().listen(9464, '127.0.0.1')
  await once(server, 'listening').catch(() => undefined)
  return server
}

/** The command lines of running processes that name the folder. */
async function leftovers(dataDir: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(dataDir))
}

describe('a development server', { timeout: 60_000 }, () => {
  // The tests are one sequence: each continues with the server and the user of the one before it, since each start takes
  // 5 s of CPU.
  let program: Program
  let api: string
  let token: string
  let me: unknown

  /** Starts it; the last test ends it, or the end of this file where a test fails before. */
  async function startServer(changes: Record<string, string> = {}): Promise<void> {
    program = startProgram(['src/main.ts', 'all'], { ...ports, DATA_DIR: dataDir, ...changes })
    api = await addressOf(program)
  }
  afterAll(() => program[Symbol.asyncDispose]())

  test('starts without configuration, beside a server that has the default metrics port', async () => {
    const other = await takeDefaultMetricsPort()
    await startServer({ METRICS_PORT: '' })
    const [, metricsPort] = await program.waitForOutput(/"metricsPort":(\d+)/)
    expect(metricsPort).not.toBe('9464')
    expect((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status).toBe(200)
    other.close()
    const ready = await fetch(`${api}/health/ready`)
    expect(ready.status).toBe(200)

    const info = JSON.parse(await cli(dataDir, 'info', '--json'))
    expect(info).toEqual({
      api,
      databaseUrl: expect.stringMatching(/^postgresql:\/\/pacer@127\.0\.0\.1:\d+\/pacer$/),
      bucketEndpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
      dataDir,
    })
  })

  test('keeps running when a second one with the same data folder fails, which names the process that uses it', async () => {
    const second = start({ DATA_DIR: dataDir })
    expect(await second.ended).toBe(1)
    expect(second.errors()).toContain(`is in use by process ${program.pid}`)
    expect((await fetch(`${api}/health/ready`)).status).toBe(200)
  })

  test('keeps its data, and leaves no processes behind', async () => {
    token = await cli(dataDir, 'token', 'alice@example.com')
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    me = await query(api, token.trim(), '{ me { id name role } }')
    expect(me).toMatchObject({ data: { me: { name: 'Alice', role: 'USER' } } })

    program.kill('SIGINT')
    expect(await program.ended).toBe(0)
    expect(await leftovers(dataDir)).toEqual([])
    await expect(cli(dataDir, 'info')).rejects.toThrow('No server is running')

    await startServer()
    expect(await query(api, token.trim(), '{ me { id name role } }')).toEqual(me)
  })

  test('kill -9 leaves no processes behind, and the next start has the data', async () => {
    program.kill('SIGKILL')
    await program.ended
    await expect.poll(() => leftovers(dataDir), { timeout: 10_000 }).toEqual([])

    await startServer()
    expect(await query(api, token.trim(), '{ me { id name role } }')).toEqual(me)
    const admin = await cli(dataDir, 'token', 'alice@example.com', '--admin')
    expect(await query(api, admin.trim(), '{ me { name role } }')).toMatchObject({
      data: { me: { name: 'Alice', role: 'ADMIN' } },
    })
    program.kill('SIGTERM')
    expect(await program.ended).toBe(0)
    expect(await leftovers(dataDir)).toEqual([])
  })
})

test.each(['PORT', 'METRICS_PORT'])(
  'exits with 1 and one line if %s is in use, and leaves nothing running',
  async (name) => {
    const dataDir = await temporaryFolder()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    const program = start({ DATA_DIR: dataDir, [name]: String(port) })
    expect(await program.ended).toBe(1)
    expect(program.errors()).toBe(
      `Port ${port} is already in use. Stop the process that uses it, or choose another port.\n`,
    )
    expect(await leftovers(dataDir)).toEqual([])
  },
)

test('production lists all missing variables at once and starts nothing', async () => {
  const dataDir = await temporaryFolder()
  const program = start({ NODE_ENV: 'production', DATA_DIR: dataDir })
  expect(await program.ended).toBe(1)
  for (const name of [
    'DATABASE_URL',
    'CLERK_ISSUER',
    'CLERK_JWT_KEY',
    'R2_BUCKET_NAME',
    'CORS_ORIGINS',
    'ALLOWED_HOSTS',
  ]) {
    expect(program.errors()).toContain(name)
  }
  expect(await readdir(dataDir)).toEqual([])
  await expect(cliInProduction('seed')).resolves.toMatch(/is for development/)
  await expect(cliInProduction('token', 'alice@example.com')).resolves.toMatch(/is for development/)
})

async function cliInProduction(...args: string[]): Promise<string> {
  await using program = startProgram(['src/cli/main.ts', ...args], { NODE_ENV: 'production' })
  expect(await program.ended).toBe(1)
  return program.errors()
}

test('api and worker are two processes, and streams of the api receive changes made by the worker', async () => {
  const dataDir = await temporaryFolder()
  await using database = await cloneDatabase()
  const env = resourceVariables({ dataDir, bucket: inject('bucket') }, database)
  const api = await addressOf(start(env, 'api'))
  const { signToken } = await developmentIdentity(dataDir)
  const token = await signToken({ email: 'alice@example.com', now: new Date(), expiresInSeconds: 3_600 })
  const upload = await sendRecording(api, token)

  const stream = await fetch(`${api}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: `subscription { activityUpdated(activityId: "${upload.activityId}") { status } }` }),
  })
  const received: string[] = []
  const listening = (async () => {
    for await (const chunk of stream.body ?? []) {
      received.push(
        ...Array.from(
          Buffer.from(chunk)
            .toString()
            .matchAll(/"status":"(\w+)"/g),
          (match) => match[1] ?? '',
        ),
      )
      if (received.includes('READY')) return
    }
  })()
  await expect.poll(() => received).toEqual(['PROCESSING'])
  const worker = start(env, 'worker')
  await listening
  expect(received.at(-1)).toBe('READY')
  const [, metricsPort] = await worker.waitForOutput(/"metricsPort":(\d+)/)
  expect((await fetch(`http://127.0.0.1:${metricsPort}/health/ready`)).status).toBe(200)
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds /m)
  worker.kill('SIGTERM')
  expect(await worker.ended).toBe(0)
})

test('warns if it connects as the role that owns the tables', async () => {
  const dataDir = await temporaryFolder()
  await using database = await cloneDatabase()
  const owning = start({ DATA_DIR: dataDir, DATABASE_URL: database.ownerUrl }, 'worker')
  await owning.waitForOutput(/"level":"warn".*the role of DATABASE_URL owns the tables/)
})
