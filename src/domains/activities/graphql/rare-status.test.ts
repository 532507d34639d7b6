import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createActivities, createUser } from '../../../testing/factories.ts'
import { insertRows, rowsOf } from '../../../testing/many-rows.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const many = 3_000

test.each(['FAILED', 'PROCESSING'])('a page of activities that are %s reads few of a user’s many', async (status) => {
  const email = `${status.toLowerCase()}@example.com`
  const user = await createUser(app, email)
  await insertRows(app, 'activities', many, {
    ...rowsOf(user.id).activity('READY'),
    id: 'gen_random_uuid()',
    upload_id: 'NULL',
  })
  await createActivities(
    app,
    user,
    Array.from({ length: 3 }, () => ({ status: status as 'FAILED' })),
  )
  await app.owner.query('ANALYZE')
  const statements: { query: string; params: string }[] = []
  app.app.db.prisma.$on('query', (event) => statements.push(event))
  const document = `query ($status: ActivityStatus) {
    me { activities(first: 20, filter: { status: $status }) { edges { node { id } } } }
  }`
  await app.query(email, document, { status })
  const page = statements.find(({ query }) => query.includes('"activities"'))
  if (!page) throw new Error('No statement read activities.')

  // As the program's connections do: the statement is planned for its values at first, and later perhaps for any.
  const client = new Client({ connectionString: app.databaseUrl })
  await client.connect()
  try {
    const values = JSON.parse(page.params) as unknown[]
    for (let nth = 0; nth < 10; nth += 1) await client.query({ name: 'page', text: page.query, values })
    const literals = values.map((value) => client.escapeLiteral(String(value))).join(', ')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE page(${literals})`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('activities_of_rare_status_idx')
  } finally {
    await client.end()
  }
})
