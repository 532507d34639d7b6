import { afterAll, beforeAll, expect, test } from 'vitest'
import { FindPeopleDocument } from '../../../../operations/typed-operations.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { openWallet } from '../../../testing/wallet-steps.ts'

const admin = 'admin@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await createUser(app, admin, { role: 'ADMIN' })
})
afterAll(() => app[Symbol.asyncDispose]())

/** Creates a user whose purchase was refunded after a part of it was spent. */
async function createDebtor(email: string, bought: number, spent: number): Promise<string> {
  const wallet = await openWallet(app, email)
  await wallet.buy('2026-11-01', bought, 'pack')
  await wallet.spend('2026-11-02', spent, 'video')
  await wallet.revoke('2026-11-03', 'pack')
  return wallet.userId
}

const owed = 'query ($id: ID!) { node(id: $id) { ... on User { creditBalance creditsOwed } } }'

test('creditsOwed returns to admins what a user owes, 0 without a debt', async () => {
  const id = toGlobalId('User', await createDebtor('ada@example.com', 50, 30))
  expect((await app.query(admin, owed, { id })).data).toEqual({ node: { creditBalance: 0, creditsOwed: 30 } })
  expect((await app.query(admin, '{ me { creditsOwed } }')).data).toEqual({ me: { creditsOwed: 0 } })
})

test('creditsOwed is FORBIDDEN to other users, and the other fields are returned', async () => {
  await createDebtor('bea@example.com', 20, 20)
  const { data, errors } = await app.query('bea@example.com', '{ me { email creditsOwed } }')
  expect(data).toEqual({ me: { email: 'bea@example.com', creditsOwed: null } })
  expect(errors).toMatchObject([{ path: ['me', 'creditsOwed'], extensions: { code: 'FORBIDDEN' } }])
})

test('creditsOwed of a list of users takes one statement', async () => {
  await createDebtor('cleo@example.com', 9, 4)
  await createDebtor('dora@example.com', 9, 5)
  app.takeStatements()
  const { data } = await app.run(admin, FindPeopleDocument, {})
  expect(app.takeStatements().filter((sql) => sql.includes('credit_debts'))).toHaveLength(1)
  const debts = new Map(data.users.edges.map(({ node }) => [node.email, node.creditsOwed]))
  expect([debts.get('cleo@example.com'), debts.get('dora@example.com'), debts.get(admin)]).toEqual([4, 5, 0])
})
