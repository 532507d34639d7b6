import { afterAll, beforeAll, expect, test } from 'vitest'
import { FindPeopleDocument } from '../../../operations/typed-operations.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { openWallet } from '../../testing/wallet-steps.ts'

const boss = 'boss@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
  await createPerson(app, boss, { role: 'ADMIN' })
})
afterAll(() => app[Symbol.asyncDispose]())

/** Buys as much, spends as much of it, and gets the money back. */
async function ower(email: string, bought: number, spent: number): Promise<string> {
  const wallet = await openWallet(app, email)
  await wallet.buy('2026-11-01', bought, 'pack')
  await wallet.spend('2026-11-02', spent, 'video')
  await wallet.takeBack('2026-11-03', 'pack')
  return wallet.userId
}

const owed = 'query ($id: ID!) { node(id: $id) { ... on User { creditBalance creditsOwed } } }'

test('admins see what somebody owes, and that most owe nothing', async () => {
  const id = toGlobalId('User', await ower('ada@example.com', 50, 30))
  expect((await app.query(boss, owed, { id })).data).toEqual({ node: { creditBalance: 0, creditsOwed: 30 } })
  expect((await app.query(boss, '{ me { creditsOwed } }')).data).toEqual({ me: { creditsOwed: 0 } })
})

test('people do not see their own, and the rest of the answer is there', async () => {
  await ower('bea@example.com', 20, 20)
  const { data, errors } = await app.query('bea@example.com', '{ me { email creditsOwed } }')
  expect(data).toEqual({ me: { email: 'bea@example.com', creditsOwed: null } })
  expect(errors).toMatchObject([{ path: ['me', 'creditsOwed'], extensions: { code: 'FORBIDDEN' } }])
})

test('of a list, in one statement', async () => {
  await ower('cleo@example.com', 9, 4)
  await ower('dora@example.com', 9, 5)
  app.takeStatements()
  const { data } = await app.run(boss, FindPeopleDocument, {})
  expect(app.takeStatements().filter((sql) => sql.includes('credit_debts'))).toHaveLength(1)
  const debts = new Map(data.users.edges.map(({ node }) => [node.email, node.creditsOwed]))
  expect([debts.get('cleo@example.com'), debts.get('dora@example.com'), debts.get(boss)]).toEqual([4, 5, 0])
})
