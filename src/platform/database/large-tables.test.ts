import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { limitRowsPerStatement } from '../../testing/limit-rows-per-statement.ts'
import { ago, insertRows, later, rowsOf } from '../../testing/many-rows.ts'

let app: TestApp
let rows: ReturnType<typeof rowsOf>
const statements: { query: string; params: string }[] = []
beforeAll(async () => {
  app = await startTestApp()
  rows = rowsOf((await createUser(app, 'ann@example.com')).id)
  app.app.db.prisma.$on('query', (event) => statements.push(event))
})
afterAll(() => app[Symbol.asyncDispose]())

const many = 6_000

describe('where nothing is due among 6,000 rows', () => {
  beforeAll(async () => {
    await insertRows(app, 'idempotency_keys', many, rows.key(later))
    await insertRows(app, 'rate_limits', many, rows.limit(later))
    await insertRows(app, 'event_streams', many, rows.eventStream(later))
    await insertRows(app, 'picture_searches', many, rows.pictureSearch(later))
    await insertRows(app, 'streams', many, rows.stream(ago, later))
    await insertRows(app, 'gifted_addresses', many, rows.address(later))
    await insertRows(app, 'erased_addresses', many, rows.address(later))
    await insertRows(app, 'inbox_events', many, rows.event(later))
    await insertRows(app, 'checkouts', many, rows.checkout('EXPIRED', ago))
    await insertRows(app, 'data_exports', many, rows.dataExport('EXPIRED', 'NULL'))
    await insertRows(app, 'uploads', many, rows.upload('CANCELLED'))
    await insertRows(app, 'activities', many, rows.activity('READY'))
    await insertRows(app, 'users', many, rows.user('ACTIVE'))
    await app.owner.query('ALTER TABLE credit_lots DISABLE TRIGGER ALL')
    await insertRows(app, 'credit_lots', many, rows.lot(ago))
    await app.owner.query('ALTER TABLE credit_lots ENABLE TRIGGER ALL')
    await app.owner.query('ANALYZE')
  })

  test.each([
    ['platform.prune-idempotency-keys', ['idempotency_keys']],
    ['platform.prune-rate-limits', ['rate_limits']],
    ['platform.prune-streams', ['streams']],
    ['platform.prune-event-streams', ['event_streams']],
    ['videos.prune-pictures', ['picture_searches']],
    ['credits.forget-addresses', ['gifted_addresses', 'erased_addresses']],
    ['inbox.prune', ['inbox_events']],
    ['inbox.resume', ['inbox_events']],
    ['billing.sweep-checkouts', ['checkouts']],
    ['privacy.expire-exports', ['data_exports']],
    ['privacy.resume-erasures', ['users']],
    ['uploads.sweep', ['uploads']],
    ['activities.sweep-stuck', ['activities']],
    ['activities.sweep-awaiting', ['activities', 'uploads']],
    ['credits.expire-lots', ['credit_lots']],
  ])('%s needs no sequential scan', async (job, tables) => {
    statements.splice(0)
    await app.runJob(job)
    const own = statements.filter(({ query }) => tables.some((table) => query.includes(table)))
    expect(own).not.toHaveLength(0)
    for (const { query, params } of own) {
      const { rows: lines } = await app.app.db.pool.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ${query}`,
        JSON.parse(params),
      )
      const plan = lines.map((line) => line['QUERY PLAN']).join('\n')
      for (const table of tables) expect(plan).not.toMatch(new RegExp(`Seq Scan on ${table}`))
    }
  })
})

describe('where 6,000 rows are due', () => {
  const most = 5_000
  beforeAll(async () => {
    const tables = [
      'idempotency_keys',
      'rate_limits',
      'streams',
      'event_streams',
      'picture_searches',
      'gifted_addresses',
      'erased_addresses',
      'inbox_events',
    ]
    for (const table of [...tables, 'checkouts', 'data_exports', 'activities']) {
      await app.owner.query(`TRUNCATE ${table} CASCADE`)
      await limitRowsPerStatement(app, table, most)
    }
    await app.owner.query('TRUNCATE graphile_worker._private_jobs')
  })

  const count = async (from: string) =>
    (await app.owner.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`)).rows[0]?.n

  test.each([
    ['platform.prune-idempotency-keys', 'idempotency_keys', () => rows.key(ago)],
    ['platform.prune-rate-limits', 'rate_limits', () => rows.limit(ago)],
    ['platform.prune-streams', 'streams', () => rows.stream(ago, ago)],
    ['platform.prune-event-streams', 'event_streams', () => rows.eventStream(ago)],
    ['videos.prune-pictures', 'picture_searches', () => rows.pictureSearch(ago)],
    ['credits.forget-addresses', 'gifted_addresses', () => rows.address(ago)],
    ['credits.forget-addresses', 'erased_addresses', () => rows.address(ago)],
    ['inbox.prune', 'inbox_events', () => rows.event(ago)],
  ])('two concurrent runs of %s delete them in batches', async (job, table, row) => {
    await insertRows(app, table, many, row())
    await Promise.all([app.runJob(job), app.runJob(job)])
    expect(await count(table)).toBe(0)
  })

  test.each(['PENDING', 'READY'])(
    'two concurrent runs of billing.sweep-checkouts expire checkouts that are %s, in batches',
    async (status) => {
      await insertRows(app, 'checkouts', many, rows.checkout(status, ago))
      await Promise.all([app.runJob('billing.sweep-checkouts'), app.runJob('billing.sweep-checkouts')])
      expect(await count(`checkouts WHERE status <> 'EXPIRED'`)).toBe(0)
    },
  )

  test.each([
    ['READY', ago, 'EXPIRED'],
    ['PENDING', 'NULL', 'FAILED'],
  ])(
    'two concurrent runs of privacy.expire-exports end exports that are %s, in batches, and enqueue one removal per file',
    async (status, expiresAt, ended) => {
      await app.owner.query('TRUNCATE data_exports, graphile_worker._private_jobs')
      await insertRows(app, 'data_exports', many, rows.dataExport(status, expiresAt))
      await Promise.all([app.runJob('privacy.expire-exports'), app.runJob('privacy.expire-exports')])
      expect(await count(`data_exports WHERE status = '${ended}'`)).toBe(many)
      expect(await count(`graphile_worker.jobs WHERE task_identifier = 'privacy.remove-export'`)).toBe(many)
    },
  )

  test('activities.sweep-stuck enqueues the reading of stuck files in batches, and fails activities whose job has no attempts left', async () => {
    await app.owner.query('TRUNCATE graphile_worker._private_jobs')
    await insertRows(app, 'activities', many, rows.activity('PROCESSING'))
    await Promise.all([app.runJob('activities.sweep-stuck'), app.runJob('activities.sweep-stuck')])
    expect(await count(`graphile_worker.jobs WHERE task_identifier = 'activities.read-file'`)).toBe(many)
    await app.owner.query('UPDATE graphile_worker._private_jobs SET attempts = max_attempts')
    await Promise.all([app.runJob('activities.sweep-stuck'), app.runJob('activities.sweep-stuck')])
    expect(await count(`activities WHERE status = 'FAILED' AND revision = 1`)).toBe(many)
    await app.owner.query('TRUNCATE activities CASCADE; TRUNCATE graphile_worker._private_jobs')
  })

  test('activities.sweep-awaiting deletes activities whose file was never uploaded, in batches', async () => {
    await insertRows(app, 'activities', many, rows.activity('AWAITING_FILE'))
    await Promise.all([app.runJob('activities.sweep-awaiting'), app.runJob('activities.sweep-awaiting')])
    expect(await count('activities')).toBe(0)
  })

  test('privacy.resume-erasures enqueues one job for each user whose erasure has none, in one run', async () => {
    await insertRows(app, 'users', many, rows.user('DELETING'))
    await Promise.all([app.runJob('privacy.resume-erasures'), app.runJob('privacy.resume-erasures')])
    expect(await count(`graphile_worker.jobs WHERE task_identifier = 'privacy.erase-user'`)).toBe(many)
  })
})
