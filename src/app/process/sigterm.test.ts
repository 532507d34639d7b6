import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { Client } from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { CompleteUploadDocument, CreditBalanceChangedDocument } from '../../../operations/typed-operations.ts'
import { startTestApp } from '../../testing/app.ts'
import { openBucketDoor } from '../../testing/bucket-door.ts'
import { openStream } from '../../testing/event-stream.ts'
import { createPerson } from '../../testing/factories.ts'
import { cloneDatabase, ownerUrlOf } from '../../testing/postgres.ts'
import { startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { sent } from '../../testing/upload-steps.ts'

test('in production SIGTERM turns ready, ends streams with a reason, lets a request finish, and ends with 0', async () => {
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
  const [, port, metricsPort] = await program.says(/"port":(\d+),"metricsPort":(\d+)/)
  const url = `http://127.0.0.1:${port}`
  const ask = () =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ me { creditBalance } }' }),
    })
  expect(await (await ask()).json()).toMatchObject({ data: { me: { creditBalance: 0 } } })
  const stream = await openStream({ url }, token, CreditBalanceChangedDocument, {})
  await stream.next()

  await owner.query('BEGIN; LOCK TABLE users')
  const inFlight = ask()
  await expect.poll(() => waitingFor(owner)).toBe(1)
  program.kill('SIGTERM')
  const began = performance.now()
  const ready = async (of: string | undefined) => (await fetch(`http://127.0.0.1:${of}/health/ready`)).status
  await expect.poll(() => ready(port)).toBe(503)
  expect(await ready(metricsPort)).toBe(503)

  // Balancers have seen it by now, and the door is shut.
  expect((await stream.next()).value).toMatchObject({ errors: [{ extensions: { code: 'SERVER_STOPPING' } }] })
  expect(await stream.next()).toMatchObject({ done: true })
  await expect(fetch(`${url}/health/live`)).rejects.toThrow()
  await owner.query('COMMIT')
  await owner.end()
  const answer = await inFlight
  expect(await answer.json()).toMatchObject({ data: { me: { creditBalance: 0 } } })
  expect(await program.ended).toBe(0)
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('SIGTERM gives a job that takes longer back: another worker does it at once', async () => {
  await using app = await startTestApp()
  await using door = await openBucketDoor()
  const ada = 'ada@example.com'
  await createPerson(app, ada)
  const { promise: isReading, resolve: reads } = Promise.withResolvers<void>()
  door.onRequest = () => {
    reads()
    return new Promise(() => undefined)
  }
  const start = async (bucket: typeof door.bucket) => {
    const database = { url: app.databaseUrl, ownerUrl: ownerUrlOf(app.databaseUrl) }
    const { env } = await production({ dataDir: inject('dataDir'), bucket }, database)
    const worker = startProgram(['src/main.ts', 'worker'], env)
    onTestFinished(() => worker[Symbol.asyncDispose]())
    await worker.says(/"msg":"ready"/)
    return worker
  }
  const busy = await start(door.bucket)
  const { upload } = await sent(app, ada)
  await app.run(ada, CompleteUploadDocument, { input: { uploadId: upload.id } })
  await isReading
  busy.kill('SIGTERM')
  const began = performance.now()
  expect(await busy.ended).toBe(0)
  expect(performance.now() - began).toBeLessThan(10_000)
  const { rows } = await app.owner.query(
    `SELECT attempts, locked_by, last_error, run_at <= now() AS "isDue"
     FROM graphile_worker._private_jobs JOIN graphile_worker._private_tasks AS task ON task.id = task_id
     WHERE task.identifier = 'activities.read-file'`,
  )
  expect(rows).toEqual([{ attempts: 1, locked_by: null, last_error: null, isDue: true }])
  const other = await start(inject('bucket'))
  await other.says(/"activities\.read-file".*"attempt":2.*"job done"/)
}, 60_000)

test('however often an idle worker is told to stop, it ends with 0', async () => {
  await using database = await cloneDatabase()
  const { env } = await production({ dataDir: inject('dataDir'), bucket: inject('bucket') }, database)
  const worker = startProgram(['src/main.ts', 'worker'], env)
  onTestFinished(() => worker[Symbol.asyncDispose]())
  await worker.says(/"msg":"ready"/)
  const again = setInterval(() => worker.kill('SIGTERM'), 1)
  expect(await worker.ended.finally(() => clearInterval(again))).toBe(0)
})

async function waitingFor(client: Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows[0]?.n ?? 0
}
