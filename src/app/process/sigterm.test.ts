import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { Client } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { CompleteUploadDocument, CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { startTestApp } from '../../testing/app.ts'
import { startBucketProxy } from '../../testing/bucket-proxy.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createUser } from '../../testing/factories.ts'
import { cloneDatabase, ownerUrlOf } from '../../testing/postgres.ts'
import { startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { sent } from '../../testing/upload-steps.ts'

test('SIGTERM in production: not ready, streams end with a reason, requests finish, exit code 0', async () => {
  await using database = await cloneDatabase()
  const owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  const { env, token: sign } = await production(
    { dataDir: inject('dataDir'), bucket: inject('bucket') },
    { url: database.url, ownerUrl: database.ownerUrl },
  )
  const token = await sign('ada@example.com')
  await owner.query('INSERT INTO users (id, clerk_id, created_at) VALUES ($1, $2, now())', [
    randomUUID(),
    decodeJwt(token).sub,
  ])
  const program = startProgram(['src/main.ts', 'all'], env)
  onTestFinished(() => program[Symbol.asyncDispose]())
  const [, port, metricsPort] = await program.waitForOutput(/"port":(\d+),"metricsPort":(\d+)/)
  const url = `http://127.0.0.1:${port}`
  const send = () =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ me { creditBalance } }' }),
    })
  expect(await (await send()).json()).toMatchObject({ data: { me: { creditBalance: 0 } } })
  const stream = await openStream({ url }, token, CreditBalanceChangedDocument, {})
  await stream.next()

  await owner.query('BEGIN; LOCK TABLE users')
  const inFlight = send()
  await expect.poll(() => waitingFor(owner)).toBe(1)
  program.kill('SIGTERM')
  const signalledAt = performance.now()
  const ready = async (of: string | undefined) => (await fetch(`http://127.0.0.1:${of}/health/ready`)).status
  await expect.poll(() => ready(port)).toBe(503)
  expect(await ready(metricsPort)).toBe(503)

  // The grace period for load balancers is over, so the server accepts no connections.
  expect(await stream.next()).toEqual({ done: true, value: 'SERVER_STOPPING' })
  expect(await stream.next()).toMatchObject({ done: true })
  await expect(fetch(`${url}/health/live`)).rejects.toThrow()
  await owner.query('COMMIT')
  await owner.end()
  const response = await inFlight
  expect(await response.json()).toMatchObject({ data: { me: { creditBalance: 0 } } })
  expect(await program.ended).toBe(0)
  expect(performance.now() - signalledAt).toBeLessThan(10_000)
})

test('SIGTERM returns a long job, and another worker runs it at once', async () => {
  await using app = await startTestApp()
  await using proxy = await startBucketProxy()
  const ada = 'ada@example.com'
  await createUser(app, ada)
  const { promise: isReading, resolve: startsReading } = Promise.withResolvers<void>()
  proxy.onRequest = () => {
    startsReading()
    return new Promise(() => undefined)
  }
  const start = async (bucket: typeof proxy.bucket) => {
    const database = { url: app.databaseUrl, ownerUrl: ownerUrlOf(app.databaseUrl) }
    const { env } = await production({ dataDir: inject('dataDir'), bucket }, database)
    const worker = startProgram(['src/main.ts', 'worker'], env)
    onTestFinished(() => worker[Symbol.asyncDispose]())
    await worker.waitForOutput(/"msg":"ready"/)
    return worker
  }
  const busy = await start(proxy.bucket)
  const { upload } = await sent(app, ada)
  await app.run(ada, CompleteUploadDocument, { input: { uploadId: upload.id } })
  await isReading
  busy.kill('SIGTERM')
  const signalledAt = performance.now()
  expect(await busy.ended).toBe(0)
  expect(performance.now() - signalledAt).toBeLessThan(10_000)
  const { rows } = await app.owner.query(
    `SELECT attempts, locked_by, last_error, run_at <= now() AS "isDue"
     FROM graphile_worker._private_jobs JOIN graphile_worker._private_tasks AS task ON task.id = task_id
     WHERE task.identifier = 'activities.read-file'`,
  )
  // The job heeds its signal, so the attempt does not count.
  expect(rows).toEqual([{ attempts: 0, locked_by: null, last_error: null, isDue: true }])
  const other = await start(inject('bucket'))
  await other.waitForOutput(/"activities\.read-file".*"attempt":1.*"job done"/)
}, 60_000)

test('an idle worker that gets many SIGTERMs stops with exit code 0', async () => {
  await using database = await cloneDatabase()
  const { env } = await production({ dataDir: inject('dataDir'), bucket: inject('bucket') }, database)
  const worker = startProgram(['src/main.ts', 'worker'], env)
  onTestFinished(() => worker[Symbol.asyncDispose]())
  await worker.waitForOutput(/"msg":"ready"/)
  const repeat = setInterval(() => worker.kill('SIGTERM'), 1)
  expect(await worker.ended.finally(() => clearInterval(repeat))).toBe(0)
})

async function waitingFor(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows[0]?.n ?? 0
}
