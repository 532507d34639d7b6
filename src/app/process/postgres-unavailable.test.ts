import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ActivityUpdatedDocument, type ActivityUpdatedSubscription } from '../../../operations/typed-operations.ts'
import { type EmbeddedPostgres, startPostgres } from '../../dev/embedded/postgres.ts'
import { ensureRuntimeLogin, runtimeLogin } from '../../dev/embedded/runtime-login.ts'
import { activityTopic } from '../../domains/activities/topic.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { migrate } from '../../platform/database/migrate.ts'
import { runJobs } from '../../platform/jobs/run-jobs.ts'
import { silentLog } from '../../platform/observability/log.ts'
import { type Answer, startTestApp, type TestApp } from '../../testing/app.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { openStream, type StreamEvent } from '../../testing/event-stream.ts'
import { createActivity, createUser } from '../../testing/factories.ts'
import { concurrencyWith } from '../../testing/job-run.ts'

const ada = 'ada@example.com'
const unavailable = {
  status: 503,
  errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' }, message: expect.stringContaining('Try again') }],
}

let dataDir: string
let postgres: EmbeddedPostgres
let app: TestApp
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pacer-away-'))
  postgres = await startPostgres({ dataDir, durable: false })
  const owner = new Client({ connectionString: postgres.url() })
  await owner.connect()
  await ensureRuntimeLogin(owner)
  await owner.query('CREATE DATABASE pacer')
  await owner.end()
  await migrate({ url: postgres.url('pacer') })
  app = await startTestApp({ databaseUrl: postgres.url('pacer', runtimeLogin), worker: true })
  await createUser(app, ada)
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

const restartPostgres = async () => {
  postgres = await startPostgres({ dataDir, durable: false, port: postgres.port })
}
const sendQuery = () => app.query(ada, '{ me { email } }')
const isAvailable = async () => (await sendQuery()).status === 200

describe('while Postgres restarts', () => {
  beforeEach(() => expect.poll(isAvailable, { timeout: 20_000 }).toBe(true))

  test('requests fail with 503 and recover; the queue and streams recover too', async () => {
    const follower = await createUser(app, 'follower@example.com')
    const { id } = await createActivity(app, follower)
    const follow = async () => {
      const token = await app.token('follower@example.com')
      return openStream(app, token, ActivityUpdatedDocument, { activityId: toGlobalId('Activity', id) })
    }
    const before = await follow()
    await before.next()
    await app.app.db.prisma.activity.update({ where: { id }, data: { title: 'Before', revision: { increment: 1 } } })
    app.app.notifications.publish([activityTopic(id)])
    // The stream has sent the current state and now waits for notifications.
    await expect(nextTitle(before)).resolves.toBe('Before')

    const requests: Promise<Answer<unknown>>[] = Array.from({ length: 10 }, sendQuery)
    await postgres.stop()
    const stoppedAt = performance.now()
    requests.push(...Array.from({ length: 10 }, sendQuery))
    const answers = await Promise.all(requests)
    expect(performance.now() - stoppedAt).toBeLessThan(5_000)
    for (const answer of answers) if (answer.status !== 200) expect(answer).toMatchObject(unavailable)
    expect(answers.at(-1)).toMatchObject(unavailable)
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('5')
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(503)

    await restartPostgres()
    await expect.poll(isAvailable, { timeout: 5_000 }).toBe(true)
    await expect.poll(async () => (await fetch(`${app.url}/health/ready`)).status, { timeout: 5_000 }).toBe(200)
    await app.owner.query(`SELECT graphile_worker.add_job('uploads.sweep')`)
    await expect.poll(jobsLeft, { timeout: 15_000 }).toBe(0)
    const after = await follow()
    await after.next()
    await app.app.db.prisma.activity.update({ where: { id }, data: { title: 'After', revision: { increment: 1 } } })
    app.app.notifications.publish([activityTopic(id)])
    await expect(nextTitle(before)).resolves.toBe('After')
    await expect(nextTitle(after)).resolves.toBe('After')
  })

  test('requests to a stalled Postgres fail within five seconds', async () => {
    const { rows } = await app.owner.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )
    const processes = [postgres.pid, ...rows.map(({ pid }) => pid)]
    for (const pid of processes) process.kill(pid, 'SIGSTOP')
    try {
      const waits = Array.from({ length: 12 }, async () => {
        const began = performance.now()
        expect(await sendQuery()).toMatchObject(unavailable)
        return performance.now() - began
      })
      expect(Math.max(...(await Promise.all(waits)))).toBeLessThan(5_500)
    } finally {
      for (const pid of processes) process.kill(pid, 'SIGCONT')
    }
    await expect.poll(isAvailable, { timeout: 5_000 }).toBe(true)
  })

  test('webhooks are refused with 503, so that senders retry', async () => {
    await postgres.stop()
    const answer = await deliver(app, { type: 'user.created', data: { id: 'user_away' } })
    expect(answer.status).toBe(503)
    await restartPostgres()
  })

  test('a job that ends meanwhile is done once: its outcome is stored later, and the worker continues', async () => {
    const working = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    let runs = 0
    const run = async () => {
      runs += 1
      working.resolve()
      await finish.promise
    }
    const directUrl = postgres.url('pacer', runtimeLogin)
    const handlers = [{ name: 'slow', run }]
    const heartbeat = { beatMs: 50, deadAfterMs: 400 }
    await using jobs = await runJobs({
      directUrl,
      handlers,
      cron: [],
      concurrency: concurrencyWith({ default: 1 }),
      log: silentLog,
      heartbeat,
    })
    const ended = vi.fn()
    jobs.ended.then(ended, ended)
    await app.owner.query(`SELECT graphile_worker.add_job('slow')`)
    await working.promise
    await postgres.stop()
    finish.resolve()
    await restartPostgres()
    await expect.poll(() => jobsLeft().catch(() => 'unavailable'), { timeout: 15_000 }).toBe(0)
    expect(runs).toBe(1)
    expect(ended).not.toHaveBeenCalled()
  })
})

const nextTitle = async (stream: AsyncGenerator<StreamEvent<ActivityUpdatedSubscription>, void>) =>
  (await stream.next()).value?.data.activityUpdated.title

async function jobsLeft(): Promise<number> {
  const { rows } = await app.owner.query<{ n: number }>('SELECT count(*)::int AS n FROM graphile_worker.jobs')
  return rows[0]?.n ?? 0
}
