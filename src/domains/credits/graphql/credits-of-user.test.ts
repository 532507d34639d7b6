import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CreditBalanceChangedDocument, CreditsDocument } from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { openStream } from '../../../testing/event-stream.ts'
import { grant, spend } from '../index.ts'

let app: TestApp
let email: string
let userId: string
let userCount = 0
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  userCount += 1
  email = `reader.${userCount}@example.com`
  await app.query(email, '{ me { id } }')
  const { sub } = decodeJwt(await app.token(email))
  userId = (await app.app.db.prisma.user.findUniqueOrThrow({ where: { clerkId: sub ?? '' } })).id
})

const grantCredits = (amount: number, key: string, expiresAt: Date | null = null) =>
  app.app.db.transaction((tx) =>
    grant(tx, { userId, amount, source: 'PLANS', key, description: 'Plus, a month', expiresAt, now: app.now }),
  )
const spendCredits = (amount: number, key: string) =>
  app.app.db.transaction((tx) => spend(tx, { userId, amount, key, description: 'Video: Sunrise', now: app.now }))

async function credits(variables: { first?: number; after?: string } = {}) {
  const { data, errors } = await app.run(email, CreditsDocument, variables)
  expect(errors).toBeUndefined()
  if (!data.me) throw new Error('The request has no viewer.')
  return data.me
}

describe('the credits of a user', () => {
  test('contain the sign-up gift', async () => {
    expect(await credits()).toMatchObject({
      creditBalance: 100,
      lapsingCredits: [],
      creditTransactions: {
        totalCount: 1,
        edges: [{ node: { kind: 'GRANT', amount: 100, balanceAfter: 100, description: 'Sign-up gift' } }],
      },
    })
  })

  test('list transactions in pages, newest first', async () => {
    await grantCredits(20, 'a month')
    await spendCredits(5, 'one')
    await spendCredits(6, 'two')
    const first = await credits({ first: 3 })
    const nodes = first.creditTransactions.edges.map(({ node }) => node)
    expect(nodes.map(({ kind, amount, balanceAfter }) => [kind, amount, balanceAfter])).toEqual([
      ['SPEND', -6, 109],
      ['SPEND', -5, 115],
      ['GRANT', 20, 120],
    ])
    const { endCursor } = first.creditTransactions.pageInfo
    const rest = await credits({ first: 3, after: endCursor ?? '' })
    expect(rest.creditTransactions).toMatchObject({
      totalCount: 4,
      pageInfo: { hasNextPage: false },
      edges: [{ node: { description: 'Sign-up gift' } }],
    })
  })

  test('list what expires and when, and exclude it from the balance from that instant on', async () => {
    const began = app.now
    const expiresAt = new Date(began.getTime() + 86_400_000)
    await grantCredits(30, 'a month', expiresAt)
    expect(await credits()).toMatchObject({
      creditBalance: 130,
      lapsingCredits: [{ amount: 30, expiresAt: expiresAt.toISOString() }],
    })
    try {
      app.now = expiresAt
      const token = await app.token(email, { expiresInSeconds: 200_000 })
      const response = await fetch(`${app.url}/graphql?query={me{creditBalance,lapsingCredits{amount}}}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(await response.json()).toMatchObject({ data: { me: { creditBalance: 100, lapsingCredits: [] } } })
    } finally {
      app.now = began
    }
  })

  test("do not include other users' transactions", async () => {
    const [edge] = (await credits()).creditTransactions.edges
    const node = `{ node(id: "${edge?.node.id}") { ... on CreditTransaction { description } } }`
    expect((await app.query(email, node)).data).toEqual({ node: { description: 'Sign-up gift' } })
    expect((await app.query('somebody.else@example.com', node)).data).toEqual({ node: null })
  })

  test('take three statements: the viewer, the page and the wallet', async () => {
    await credits()
    app.takeStatements()
    await app.query(email, '{ me { creditBalance creditTransactions { totalCount edges { node { kind } } } } }')
    expect(app.takeStatements()).toHaveLength(3)
  })
})

test('creditBalanceChanged sends the current balance, then each change, also those of another process', async () => {
  await using other = await startTestApp({ databaseUrl: app.databaseUrl })
  const stream = await openStream(other, await app.token(email), CreditBalanceChangedDocument, {})
  const next = async () => (await stream.next()).value?.data.creditBalanceChanged.creditBalance
  expect(await next()).toBe(100)
  await spendCredits(1, 'one')
  expect(await next()).toBe(99)
  await spendCredits(1, 'one')
  await grantCredits(11, 'a month')
  expect(await next()).toBe(110)
  await stream.return()
})
