import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FindPeopleDocument } from '../../../operations/typed-operations.ts'
import { type Answer, startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'

const boss = 'boss@example.com'
const ada = 'ada@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  const began = app.now.getTime()
  let age = 0
  const person = async (email: string, firstName: string | null, lastName: string | null, more = {}) => {
    age += 1
    const createdAt = new Date(began - age * 60_000)
    return createPerson(app, email, { firstName, lastName, createdAt, ...more })
  }
  await person(boss, 'The', 'Boss', { role: 'ADMIN' })
  await person(ada, 'Ada', 'Lovelace')
  await person('adam@example.com', 'Adam', 'Ant', { username: 'formic' })
  await person('percent@example.com', '100% Ann', null)
  await person('percentless@example.com', '100 Anns', null)
  await person('under@example.com', null, null, { username: 'a_b' })
  await person('underless@example.com', null, null, { username: 'axb' })
  await person('slash@example.com', null, null, { username: 'back\\slash' })
  await person('nikos@example.com', 'Νίκος', 'ΠΑΠΠΆΣ')
  await person('kim@example.com', '김'.normalize('NFD'), '철수')
  await person('long@example.com', '\ufdfa'.repeat(300), null)
  await person('leaving@example.com', 'Adal', null, { standing: 'DELETING' })
  await person('gone@example.com', null, null, { standing: 'DELETED', emailSealed: null, emailIndex: null })
  await person('banned@example.com', 'Bea', 'Banned', { standing: 'BANNED' })
})
afterAll(() => app[Symbol.asyncDispose]())

async function find(search: string | null): Promise<(string | null | undefined)[]> {
  const { data, errors } = await app.run(boss, FindPeopleDocument, { search })
  expect(errors).toBeUndefined()
  expect(data.users.totalCount).toBe(data.users.edges.length)
  return data.users.edges.map(({ node }) => node.email?.replace('@example.com', ''))
}

describe('an admin finds', () => {
  test('everybody, the newest first, without those who are deleted or being so', async () => {
    const all = ['boss', 'ada', 'adam', 'percent', 'percentless', 'under', 'underless', 'slash', 'nikos', 'kim']
    const everybody = [...all, 'long', 'banned']
    expect(await find(null)).toEqual(everybody)
    expect(await find('')).toEqual(everybody)
    expect(await find('   ')).toEqual(everybody)
  })

  test.each<[string, string, string[]]>([
    ['an exact address', 'ada@example.com', ['ada']],
    ['an address in capitals, with blanks around', ' Ada@Example.COM ', ['ada']],
    ['no beginning of an address', 'ada@example', []],
    ['no other address', 'ad@example.com', []],
    ['the beginning of a first name', 'ada', ['ada', 'adam']],
    ['it in capitals', 'ADAM', ['adam']],
    ['the beginning of a last name', 'lov', ['ada']],
    ['the beginning of the joined name', 'ada lo', ['ada']],
    ['the whole name', 'Ada Lovelace', ['ada']],
    ['the beginning of a username', 'FORM', ['adam']],
    ['no middle of a name', 'elace', []],
    ['a percent sign as itself', '100%', ['percent']],
    ['not everybody by a percent sign', '%', []],
    ['an underscore as itself', 'a_b', ['under']],
    ['a backslash as itself', 'back\\', ['slash']],
    ['Greek in capitals', 'ΝΊΚΟ', ['nikos']],
    ['a Greek last name in small letters', 'παππ', ['nikos']],
    ['Hangul, however it is spelled', '김', ['kim']],
    ['a banned person', 'banned', ['banned']],
    ['nobody who is being deleted', 'adal', []],
    ['nobody who is deleted', 'gone@example.com', []],
    ['nothing by SQL', "' OR 1=1 --", []],
    ['a text as long as an address may be', 'x'.repeat(320), []],
  ])('%s', async (_, search, found) => {
    expect(await find(search)).toEqual(found)
  })

  test.each([['x'.repeat(321)], ['a\0b'], ['a\ud800'], ['a\nb']])('no one by %j: it says why', async (search) => {
    const { data, errors } = await app.query(
      boss,
      'query ($search: String) { users(search: $search) { totalCount } }',
      {
        search,
      },
    )
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['users'], extensions: { code: 'INVALID_INPUT' } }])
  })

  test('people page by page, forwards and backwards', async () => {
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

  test.each(['first: -1', 'first: 1, last: 1', 'after: "x"'])('nothing with %s', async (args) => {
    const { errors } = await app.query(boss, `{ users(${args}) { totalCount } }`)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})

test('nobody else finds anybody', async () => {
  const refused = async (as: string | null, code: string) => {
    const { data, errors } = await app.run(as, FindPeopleDocument, { search: ada })
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ path: ['users'], extensions: { code } }])
  }
  await refused(null, 'UNAUTHENTICATED')
  await refused(ada, 'FORBIDDEN')
})

describe('the statements', () => {
  test.each([2, 10])('of a page of %i people with credits and lists are seven', async (first) => {
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

describe('a search among 20,000 people', () => {
  const statements: { query: string; params: string }[] = []
  beforeAll(async () => {
    await app.owner.query(`
      INSERT INTO users (id, first_name, last_name, username, email_sealed, email_index, created_at)
      SELECT gen_random_uuid(), 'First' || n, 'Last' || n, 'user' || n, '', 'index' || n, now() - n * interval '1 hour'
      FROM generate_series(1, 20000) AS n`)
    await app.owner.query('ANALYZE users')
    app.app.db.prisma.$on('query', (event) => statements.push(event))
  })

  test.each([
    ['a rare name', 'first1999'],
    ['a name that half of them have', 'first1'],
    ['a last name', 'last77'],
    ['a username', 'user4242'],
    ['an address', ada],
    ['nobody', 'zzz'],
  ])('of %s looks at indexes only', async (_, search) => {
    statements.splice(0)
    const page = 'query ($search: String) { users(search: $search) { totalCount edges { node { firstName } } } }'
    expect((await app.query(boss, page, { search })).errors).toBeUndefined()
    const reads = statements.filter(({ query }) => query.includes('"full_name_folded"') && query.includes('LIKE'))
    expect(reads).toHaveLength(2)
    // Half of all are counted by reading all.
    for (const { query, params } of reads.filter(({ query }) => search !== 'first1' || !query.includes('COUNT('))) {
      const { rows } = await app.app.db.pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${query}`, JSON.parse(params))
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).not.toContain('Seq Scan')
    }
  })
})
