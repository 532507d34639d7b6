import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { createActivities, createActivity, createUser } from '../../../testing/factories.ts'
import { encodeTrack } from '../track.ts'

const email = 'alice@example.com'

let app: TestApp
let user: User
const statements: { query: string; params: string }[] = []
beforeAll(async () => {
  app = await startTestApp()
  user = await createUser(app, email)
  const started = (minutes: number) => new Date(app.now.getTime() - minutes * 60_000)
  const input = (_: unknown, n: number) => ({ startedAt: started(n), distanceMeters: n * 10 })
  const own = Array.from({ length: 300 }, input).map((activity) => ({ ...activity, hasUpload: true }))
  await createActivities(app, user, own)
  for (let n = 0; n < 5; n += 1) {
    const other = await createUser(app, `other.${n}@example.com`)
    await createActivities(app, other, Array.from({ length: 1_000 }, input))
  }
  await app.owner.query('ANALYZE')
  app.app.db.prisma.$on('query', (event) => statements.push(event))
})
afterAll(() => app[Symbol.asyncDispose]())

/** Runs a query that must succeed, and returns its statements. */
async function statementsOf(source: string, variables: object = {}): Promise<string[]> {
  app.takeStatements()
  const answer = await app.query(email, source, variables)
  expect(answer.errors).toBeUndefined()
  return app.takeStatements()
}

describe('the statements of one query', () => {
  test('are one for `me`: it reads the viewer', async () => {
    expect(await statementsOf('{ me { id name email timeZone role createdAt } }')).toEqual([
      expect.stringContaining('"users"'),
    ])
  })

  test.each([1, 20, 100])('are two for a page of %d activities, each with its upload, and the count', async (first) => {
    const page = `query ($first: Int) { me { activities(first: $first) {
      totalCount pageInfo { endCursor hasNextPage } edges { cursor node { id title sport upload { id filename byteSize } } }
    } } }`
    expect(await statementsOf(page, { first })).toHaveLength(2)
    const answer = (await app.query(email, page, { first })) as Answer<{
      me: { activities: { totalCount: number; edges: { node: { upload: { filename: string } } }[] } }
    }>
    expect(answer.data.me.activities.totalCount).toBe(300)
    expect(answer.data.me.activities.edges).toHaveLength(first)
    for (const { node } of answer.data.me.activities.edges) expect(node.upload.filename).toBe('run.fit')
  })

  test('are two for pages of activities and uploads side by side', async () => {
    const lists = `{ me {
      activities { totalCount edges { node { id } } }
      uploads { totalCount edges { node { id } } }
    } }`
    expect(await statementsOf(lists)).toHaveLength(2)
  })

  test('count rows only if totalCount is selected', async () => {
    expect((await statementsOf('{ me { activities { edges { node { id } } } } }')).join()).not.toMatch(/count\(/i)
    expect((await statementsOf('{ me { activities { totalCount } } }')).join()).not.toMatch(/jsonb_agg/i)
  })

  test('are at most three for an activity with laps, track and upload', async () => {
    const activity = await createActivity(app, user, { hasUpload: true })
    const activityId = activity.id
    const startedAt = app.now
    await app.app.db.prisma.activityLap.createMany({
      data: [0, 1].map((position) => ({ activityId, position, startedAt, durationSeconds: 300 })),
    })
    const point = { latitude: null, longitude: null, altitudeMeters: null, distanceMeters: null, heartRateBpm: null }
    const points = [0, 1].map((n) => ({
      ...point,
      elapsedSeconds: n,
      speedMetersPerSecond: null,
      cadenceRpm: null,
      powerWatts: null,
    }))
    await app.app.db.prisma.activityTrack.create({ data: { activityId, data: new Uint8Array(encodeTrack(points)) } })
    const source = `query ($id: ID!) { node(id: $id) { ... on Activity {
      title laps { startedAt } track { elapsedSeconds } upload { filename download { url } }
    } } }`
    const id = toGlobalId('Activity', activityId)
    expect((await statementsOf(source, { id })).length).toBeLessThanOrEqual(3)
    expect((await app.query(email, source, { id })).data).toMatchObject({
      node: { laps: [{}, {}], track: [{ elapsedSeconds: 0 }, { elapsedSeconds: 1 }], upload: { filename: 'run.fit' } },
    })
  })

  test('are two for many nodes at once', async () => {
    const rows = await app.app.db.prisma.activity.findMany({ where: { userId: user.id }, take: 50 })
    const ids = rows.map(({ id }) => toGlobalId('Activity', id))
    const source = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Activity { title upload { filename } } } }'
    expect(await statementsOf(source, { ids })).toHaveLength(2)
  })

  test('are two for summaries, one of them grouped', async () => {
    const [viewer, grouped, ...others] = await statementsOf('{ me { activitySummaries(period: MONTH) { count } } }')
    expect(viewer).toContain('"users"')
    expect(grouped).toContain('GROUP BY')
    expect(others).toEqual([])
  })
})

test('updateActivity takes two statements: the viewer, and the change, which checks the viewer again', async () => {
  const { id } = await createActivity(app, user)
  const input = { activityId: toGlobalId('Activity', id), title: 'Evening run' }
  const rename = `mutation ($input: UpdateActivityInput!) { updateActivity(input: $input) {
    ... on UpdateActivityPayload { activity { title } }
  } }`
  expect(await statementsOf(rename, { input })).toEqual([
    expect.stringContaining('"users"'),
    expect.stringMatching(/FOR NO KEY UPDATE.*UPDATE activities/s),
  ])
})

describe('a page among 5,000 activities of others', () => {
  /** The plan of the last statement that reads activities, with the values it was sent with. */
  async function planOf(args: string): Promise<string> {
    const first = (await app.query(email, `{ me { activities(first: 5, ${args}) { edges { cursor } } } }`)) as Answer<{
      me: { activities: { edges: { cursor: string }[] } }
    }>
    const after = first.data.me.activities.edges.at(-1)?.cursor
    statements.splice(0)
    const page = `query ($after: String) { me { activities(after: $after, ${args}) { edges { node { title upload { filename } } } } } }`
    expect((await app.query(email, page, { after })).errors).toBeUndefined()
    const statement = statements.findLast(({ query }) => query.includes('"activities"'))
    if (!statement) throw new Error('No statement reads activities.')
    const { rows } = await app.app.db.pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN ${statement.query}`,
      JSON.parse(statement.params),
    )
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  }

  test.each([
    ['orderBy: STARTED_AT_DESC', 'activities_user_id_ordered_at_id_idx'],
    ['orderBy: STARTED_AT_ASC', 'activities_user_id_ordered_at_id_idx'],
    ['orderBy: DISTANCE_DESC', 'activities_user_id_distance_rank_id_idx'],
    ['filter: { sport: RUNNING }', 'activities_user_id_(sport_)?ordered_at_id_idx'],
    ['filter: { status: READY, from: "2020-01-01T00:00:00Z" }', 'activities_user_id_ordered_at_id_idx'],
  ])('%s reads an index in order, without a sort', async (args, index) => {
    const plan = await planOf(args)
    expect(plan).toMatch(new RegExp(`Index Scan (Backward )?using ${index} on activities`))
    expect(plan).not.toMatch(/Seq Scan on (activities|uploads)/)
    expect(plan).not.toContain('Sort Key')
  })

  test('by the sport OTHER, which is two values, also uses an index', async () => {
    const plan = await planOf('filter: { sport: OTHER }')
    expect(plan).toMatch(/Index Scan (Backward )?(using|on) activities_user_id/)
    expect(plan).not.toMatch(/Seq Scan on (activities|uploads)/)
  })
})
