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
import { runJobs } from '../../platform/queue/run-jobs.ts'
import { silentLog } from '../../platform/watching/log.ts'
import { type Answer, startTestApp, type TestApp } from '../../testing/app.ts'
import { deliver } from '../../testing/clerk-webhooks.ts'
import { type Happening, openStream } from '../../testing/event-stream.ts'
import { createActivity, createPerson } from '../../testing/factories.ts'

const ada = 'ada@example.com'
const away = {
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
  await createPerson(app, ada)
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

const startAgain = async () => {
  postgres = await startPostgres({ dataDir, durable: false, port: postgres.port })
}
const ask = () => app.query(ada, '{ me { email } }')
const isWell = async () => (await ask()).status === 200

describe('Postgres restarts under a running server', () => {
  beforeEach(() => expect.poll(isWell, { timeout: 20_000 }).toBe(true))

  test('requests say so and are answered again by themselves; so are the queue and streams', async () => {
    const follower = await createPerson(app, 'follower@example.com')
    const { id } = await createActivity(app, follower)
    const follow = async () => {
      const token = await app.token('follower@example.com')
      return openStream(app, token, ActivityUpdatedDocument, { activityId: toGlobalId('Activity', id) })
    }
    const before = await follow()
    await before.next()
    await app.app.db.prisma.activity.update({ where: { id }, data: { title: 'Before', revision: { increment: 1 } } })
    app.app.events.publish([activityTopic(id)])
    // It has read all there was, and only listens now.
    await expect(nextTitle(before)).resolves.toBe('Before')

    const asked: Promise<Answer<unknown>>[] = Array.from({ length: 10 }, ask)
    await postgres.stop()
    const began = performance.now()
    asked.push(...Array.from({ length: 10 }, ask))
    const answers = await Promise.all(asked)
    expect(performance.now() - began).toBeLessThan(5_000)
    for (const answer of answers) if (answer.status !== 200) expect(answer).toMatchObject(away)
    expect(answers.at(-1)).toMatchObject(away)
    expect(answers.at(-1)?.headers.get('retry-after')).toBe('5')
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(503)

    await startAgain()
    await expect.poll(isWell, { timeout: 5_000 }).toBe(true)
    await expect.poll(async () => (await fetch(`${app.url}/health/ready`)).status, { timeout: 5_000 }).toBe(200)
    await app.owner.query(`SELECT graphile_worker.add_job('uploads.sweep')`)
    await expect.poll(jobsLeft, { timeout: 15_000 }).toBe(0)
    const after = await follow()
    await after.next()
    await app.app.db.prisma.activity.update({ where: { id }, data: { title: 'After', revision: { increment: 1 } } })
    app.app.events.publish([activityTopic(id)])
    await expect(nextTitle(before)).resolves.toBe('After')
    await expect(nextTitle(after)).resolves.toBe('After')
  })

  test('one that is silent holds nobody up for more than five seconds', async () => {
    const { rows } = await app.owner.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    )
    const processes = [postgres.pid, ...rows.map(({ pid }) => pid)]
    for (const pid of processes) process.kill(pid, 'SIGSTOP')
    try {
      const waits = Array.from({ length: 12 }, async () => {
        const began = performance.now()
        expect(await ask()).toMatchObject(away)
        return performance.now() - began
      })
      expect(Math.max(...(await Promise.all(waits)))).toBeLessThan(5_500)
    } finally {
      for (const pid of processes) process.kill(pid, 'SIGCONT')
    }
    await expect.poll(isWell, { timeout: 5_000 }).toBe(true)
  })

  test('webhooks are refused, so that their senders try again', async () => {
    await postgres.stop()
    const answer = await deliver(app, { type: 'user.created', data: { id: 'user_away' } })
    expect(answer.status).toBe(503)
    await startAgain()
  })

  test('a job that ends meanwhile is done again, and the worker goes on', async () => {
    const working = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    let runs = 0
    const run = async () => {
      runs += 1
      working.resolve()
      await finish.promise
    }
    const directUrl = postgres.url('pacer', runtimeLogin)
    const handlers = [{ name: 'patient', run }]
    const heartbeat = { beatMs: 50, silentMs: 400 }
    await using jobs = await runJobs({ directUrl, handlers, cron: [], concurrency: 1, log: silentLog, heartbeat })
    const ended = vi.fn()
    jobs.ended.then(ended, ended)
    await app.owner.query(`SELECT graphile_worker.add_job('patient')`)
    await working.promise
    await postgres.stop()
    finish.resolve()
    await startAgain()
    await expect.poll(() => jobsLeft().catch(() => 'away'), { timeout: 15_000 }).toBe(0)
    expect(runs).toBe(2)
    expect(ended).not.toHaveBeenCalled()
  })
})

const nextTitle = async (stream: AsyncGenerator<Happening<ActivityUpdatedSubscription>, void>) =>
  (await stream.next()).value?.data.activityUpdated.title

async function jobsLeft(): Promise<number> {
  const { rows } = await app.owner.query<{ n: number }>('SELECT count(*)::int AS n FROM graphile_worker.jobs')
  return rows[0]?.n ?? 0
}
