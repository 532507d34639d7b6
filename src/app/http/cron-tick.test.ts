import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'

const cronSecret = 'the-secret-of-an-external-cron-long-enough'
let names: string[]

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { cronSecret } })
  names = app.app.cron.map(({ job }) => job.name).sort()
})
afterAll(() => app[Symbol.asyncDispose]())

const send = (authorization: string | null = `Bearer ${cronSecret}`, method = 'POST') =>
  fetch(`${app.url}/cron/tick`, { method, headers: authorization === null ? {} : { authorization } })

async function tickAt(time: string): Promise<string[]> {
  app.now = new Date(time)
  const answer = await send()
  expect(answer.status).toBe(200)
  const { queued } = (await answer.json()) as { queued: string[] }
  return queued.sort()
}

async function queue(): Promise<string[]> {
  const { rows } = await app.owner.query<{ name: string }>('SELECT task_identifier AS name FROM graphile_worker.jobs')
  return rows.map(({ name }) => name).sort()
}

describe('a tick', () => {
  beforeEach(async () => {
    await app.owner.query('TRUNCATE graphile_worker._private_jobs, graphile_worker._private_known_crontabs')
  })

  test('enqueues each due job once, however many runs were missed, and no other job', async () => {
    expect(await tickAt('2026-11-14T12:00:00Z')).toEqual(names)
    expect(await queue()).toEqual(names)
    expect(await tickAt('2026-11-14T12:00:59Z')).toEqual([])
    expect(await tickAt('2026-11-14T12:05:00Z')).toEqual(
      app.app.cron
        .filter(({ schedule }) => /^(\*\/5|5) /.test(schedule))
        .map(({ job }) => job.name)
        .sort(),
    )
    await app.owner.query('TRUNCATE graphile_worker._private_jobs')
    expect(await tickAt('2026-11-17T12:00:00Z')).toEqual(names)
    expect(await queue()).toEqual(names)
  })

  test('adds no second row for a job that is still queued, with the attempts of all jobs', async () => {
    for (const minute of ['00', '10', '20']) await tickAt(`2026-11-14T12:${minute}:00Z`)
    expect(await queue()).toEqual(names)
    const { rows } = await app.owner.query('SELECT DISTINCT max_attempts AS most FROM graphile_worker.jobs')
    expect(rows).toEqual([{ most: 12 }])

    await app.owner.query(`UPDATE graphile_worker._private_jobs SET locked_by = 'somebody', locked_at = now()`)
    expect(await tickAt('2026-11-14T12:30:00Z')).toContain('uploads.sweep')
    const sweeps = await app.owner.query(
      `SELECT locked_by AS by FROM graphile_worker.jobs WHERE task_identifier = 'uploads.sweep' ORDER BY id`,
    )
    expect(sweeps.rows).toEqual([{ by: 'somebody' }, { by: null }])
  })

  test('sent twenty times at once enqueues each job once', async () => {
    app.now = new Date('2026-11-14T12:00:00Z')
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(await queue()).toEqual(names)
  })

  test('does not enqueue what a worker has run, or has known only since later', async () => {
    await app.owner.query(
      `INSERT INTO graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
       VALUES ('uploads.sweep', '2026-11-01Z', '2026-11-14T12:00Z'), ('credits.verify-ledger', '2026-11-14T11:00Z', NULL)`,
    )
    const queued = await tickAt('2026-11-14T12:00:00Z')
    expect(queued).toEqual(names.filter((name) => name !== 'uploads.sweep' && name !== 'credits.verify-ledger'))
  })
})

describe('a tick is refused', () => {
  test.each([
    ['without the secret', null],
    ['with another one', 'Bearer another-secret-that-is-about-as-long-as-it'],
    ['with a part of it', `Bearer ${cronSecret.slice(0, -1)}`],
    ['with another scheme', `Basic ${cronSecret}`],
  ])('%s', async (_how, authorization) => {
    expect((await send(authorization)).status).toBe(401)
  })

  test('by GET', async () => expect((await send(undefined, 'GET')).status).toBe(405))

  test('if no secret is configured, with any header', async () => {
    await using closed = await startTestApp({ databaseUrl: app.databaseUrl })
    for (const authorization of ['Bearer undefined', 'Bearer ', `Bearer ${cronSecret}`]) {
      const { status } = await fetch(`${closed.url}/cron/tick`, { method: 'POST', headers: { authorization } })
      expect(status).toBe(503)
    }
  })
})
