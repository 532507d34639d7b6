import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FindPeopleDocument } from '../../../../operations/typed-operations.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'

const boss = 'boss@example.com'
const ada = 'ada@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  const began = app.now.getTime()
  let age = 0
  const add = async (email: string, firstName: string | null, lastName: string | null, more = {}) => {
    age += 1
    const createdAt = new Date(began - age * 60_000)
    return createUser(app, email, { firstName, lastName, createdAt, ...more })
  }
  await add(boss, 'The', 'Boss', { role: 'ADMIN' })
  await add(ada, 'Ada', 'Lovelace')
  await add('adam@example.com', 'Adam', 'Ant', { username: 'formic' })
  await add('percent@example.com', '100% Ann', null)
  await add('percentless@example.com', '100 Anns', null)
  await add('under@example.com', null, null, { username: 'a_b' })
  await add('underless@example.com', null, null, { username: 'axb' })
  await add('slash@example.com', null, null, { username: 'back\\slash' })
  await add('nikos@example.com', 'Νίκος', 'ΠΑΠΠΆΣ')
  await add('kim@example.com', '김'.normalize('NFD'), '철수')
  await add('long@example.com', '\ufdfa'.repeat(300), null)
  await add('leaving@example.com', 'Adal', null, { standing: 'DELETING' })
  await add('deleted@example.com', null, null, { standing: 'DELETED', emailEncrypted: null, emailIndex: null })
  await add('banned@example.com', 'Bea', 'Banned', { standing: 'BANNED' })
})
afterAll(() => app[Symbol.asyncDispose]())

async function find(search: string | null): Promise<(string | null | undefined)[]> {
  const { data, errors } = await app.run(boss, FindPeopleDocument, { search })
  expect(errors).toBeUndefined()
  expect(data.users.totalCount).toBe(data.users.edges.length)
  return data.users.edges.map(({ node }) => node.email?.replace('@example.com', ''))
}

describe('an admin finds', () => {
  test('all users, newest first, except those who are deleted or being deleted', async () => {
    const all = ['boss', 'ada', 'adam', 'percent', 'percentless', 'under', 'underless', 'slash', 'nikos', 'kim']
    const everyone = [...all, 'long', 'banned']
    expect(await find(null)).toEqual(everyone)
    expect(await find('')).toEqual(everyone)
    expect(await find('   ')).toEqual(everyone)
  })

  test.each<[string, string, string[]]>([
    ['an exact address', 'ada@example.com', ['ada']],
    ['an address in capitals, with blanks around it', ' Ada@Example.COM ', ['ada']],
    ['no user by the start of an address', 'ada@example', []],
    ['no user by a similar address', 'ad@example.com', []],
    ['the start of a first name', 'ada', ['ada', 'adam']],
    ['a first name in capitals', 'ADAM', ['adam']],
    ['the start of a last name', 'lov', ['ada']],
    ['the start of the full name', 'ada lo', ['ada']],
    ['the full name', 'Ada Lovelace', ['ada']],
    ['the start of a username', 'FORM', ['adam']],
    ['no user by the middle of a name', 'elace', []],
    ['a literal percent sign', '100%', ['percent']],
    ['no user by a percent sign alone', '%', []],
    ['a literal underscore', 'a_b', ['under']],
    ['a literal backslash', 'back\\', ['slash']],
    ['Greek in capitals', 'ΝΊΚΟ', ['nikos']],
    ['a Greek last name in small letters', 'παππ', ['nikos']],
    ['Hangul in any normalization form', '김', ['kim']],
    ['a banned user', 'banned', ['banned']],
    ['no user who is being deleted', 'adal', []],
    ['no user who is deleted', 'deleted@example.com', []],
    ['no user by SQL', "' OR 1=1 --", []],
    ['no user by a text of the maximum length', 'x'.repeat(320), []],
  ])('%s', async (_, search, found) => {
    expect(await find(search)).toEqual(found)
  })

  test.each([['x'.repeat(321)], ['a\0b'], ['a\ud800'], ['a\nb']])(
    'no user by %j: it returns INVALID_INPUT',
    async (search) => {
      const { data, errors } = await app.query(
        boss,
        'query ($search: String) { users(search: $search) { totalCount } }',
        {
          search,
        },
      )
      expect(data).toBeNull()
      expect(errors).toMatchObject([{ path: ['users'], extensions: { code: 'INVALID_INPUT' } }])
    },
  )

  test('users page by page, forwards and backwards', async () => {
    type Page = {
      edges: { cursor: string; node: { email: string } }[]
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string; startCursor: string }
    }
    const page = async (args: object) => {
      const source = `query ($first: Int, $after: String, $last: Int, $before: String) {
        users(first: $first, after: $after, last: $last, before: $before) {
          edges { cursor node { email } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        } }`
      const { data, errors } = (await app.query(boss, source, args)) as Answer<{ users: Page }>
      expect(errors).toBeUndefined()
      return { ...data.users, names: data.users.edges.map(({ node }) => node.email.split('@')[0]) }
    }
    const first = await page({ first: 2 })
    expect(first).toMatchObject({ names: ['boss', 'ada'], pageInfo: { hasNextPage: true, hasPreviousPage: false } })
    const second = await page({ first: 2, after: first.pageInfo.endCursor })
    expect(second).toMatchObject({ names: ['adam', 'percent'], pageInfo: { hasPreviousPage: true } })
    expect((await page({ last: 2, before: second.pageInfo.startCursor })).names).toEqual(['boss', 'ada'])
    expect(await page({ last: 1 })).toMatchObject({ names: ['banned'], pageInfo: { hasNextPage: false } })
  })

  test.each(['first: -1', 'first: 1, last: 1', 'after: "x"'])(
    'no user with %s: it returns BAD_USER_INPUT',
    async (args) => {
      const { errors } = await app.query(boss, `{ users(${args}) { totalCount } }`)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    },
  )
})

test('users without the role ADMIN cannot list users', async () => {
  const refused = async (as: string | null, code: string) => {
    const { data, errors } = await app.run(as, FindPeopleDocument, { search: ada })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['users'], extensions: { code } }])
  }
  await refused(null, 'UNAUTHENTICATED')
  await refused(ada, 'FORBIDDEN')
})

describe('the statements', () => {
  test.each([2, 10])('of a page of %i users with credits and lists are seven', async (first) => {
    const page = `query ($first: Int) { users(first: $first, search: "a") { totalCount edges { node {
      email creditBalance creditsOwed
      activities { totalCount edges { node { title upload { filename } } } }
      creditTransactions { edges { node { amount } } }
      uploads { edges { node { filename } } }
    } } } }`
    app.takeStatements()
    expect((await app.query(boss, page, { first })).errors).toBeUndefined()
    const [who, fold, rows, record, ...atOnce] = app.takeStatements()
    expect([who, fold, rows, record]).toEqual([
      expect.stringMatching(/^SELECT .* FROM "users" WHERE "clerk_id" = /),
      expect.stringContaining('normalize('),
      expect.stringMatching(/^SELECT .* FROM "public"."users" .* LATERAL .*"activities"/),
      expect.stringContaining('INSERT INTO audit_log'),
    ])
    const tables = ['COUNT(*)', 'credit_debts', 'ledger_accounts']
    expect(atOnce.map((sql) => tables.find((table) => sql.includes(table))).toSorted()).toEqual(tables)
  })
})

describe('a search among 20,000 users', () => {
  const statements: { query: string; params: string }[] = []
  beforeAll(async () => {
    await app.owner.query(`
      INSERT INTO users (id, first_name, last_name, username, email_encrypted, email_index, created_at)
      SELECT gen_random_uuid(), 'First' || n, 'Last' || n, 'user' || n, '', 'index' || n, now() - n * interval '1 hour'
      FROM generate_series(1, 20000) AS n`)
    await app.owner.query('ANALYZE users')
    app.app.db.prisma.$on('query', (event) => statements.push(event))
  })

  test.each([
    ['a rare name', 'first1999'],
    ['a name that half of the users have', 'first1'],
    ['a last name', 'last77'],
    ['a username', 'user4242'],
    ['an address', ada],
    ['no user', 'zzz'],
  ])('for %s uses indexes only', async (_, search) => {
    statements.splice(0)
    const page = 'query ($search: String) { users(search: $search) { totalCount edges { node { firstName } } } }'
    expect((await app.query(boss, page, { search })).errors).toBeUndefined()
    const reads = statements.filter(({ query }) => query.includes('"full_name_folded"') && query.includes('LIKE'))
    expect(reads).toHaveLength(2)
    // Counting half of the rows reads the whole table.
    for (const { query, params } of reads.filter(({ query }) => search !== 'first1' || !query.includes('COUNT('))) {
      const { rows } = await app.app.db.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${query}`, JSON.parse(params))
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Seq Scan')
    }
  })
})
