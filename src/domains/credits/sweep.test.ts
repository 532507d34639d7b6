import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { User } from '../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createPerson } from '../../testing/factories.ts'
import { balancesOf, lapsingOf } from './balance.ts'
import { capture, grant, hold } from './index.ts'
import { type HoldFate, sweepHolds } from './sweep-holds.ts'

const now = new Date('2026-11-21T09:00:00Z')
const day = (n: number) => new Date(now.getTime() + n * 86_400_000)

let app: TestApp
let user: User
let people = 0
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  people += 1
  user = await createPerson(app, `sweep.${people}@example.com`)
})

const balanceAt = async (at: Date) => (await balancesOf(app.app.db.prisma, [user.id], at)).get(user.id) ?? 0

async function give(amount: number, expiresAt: Date | null = null): Promise<void> {
  const key = `grant ${amount} ${expiresAt?.toISOString()}`
  await app.app.db.transaction((tx) =>
    grant(tx, { userId: user.id, amount, source: 'PLANS', key, description: 'A month', expiresAt, now }),
  )
}

async function setAside(reference: string): Promise<void> {
  const wish = { userId: user.id, amount: 10, reference, description: 'A video', deadline: day(1), now }
  await app.app.db.transaction((tx) => hold(tx, wish))
}

const stateOf = async (reference: string) => {
  const { state, deadline } = await app.app.db.prisma.creditHold.findUniqueOrThrow({ where: { reference } })
  return { state, deadline }
}

test('what has lapsed is not shown from its very instant on, swept or not; what will lapse is told', async () => {
  await give(30, day(1))
  await give(20, day(2))
  await give(5)
  expect(await balanceAt(now)).toBe(55)
  expect(await lapsingOf(app.app.db.prisma, user.id, now)).toEqual([
    { amount: 30, expiresAt: day(1) },
    { amount: 20, expiresAt: day(2) },
  ])
  expect(await balanceAt(new Date(day(1).getTime() - 1))).toBe(55)
  expect(await balanceAt(day(1))).toBe(25)
  app.now = day(1)
  await app.runJob('credits.expire-lots')
  await app.runJob('credits.expire-lots')
  const wallet = await app.app.db.prisma.ledgerAccount.findUniqueOrThrow({ where: { userId: user.id } })
  expect(wallet).toMatchObject({ balance: 25, lastSequence: 4 })
  expect(await balanceAt(day(1))).toBe(25)
})

test.each<[string, HoldFate, string, number]>([
  ['was done for a part', { kind: 'done', amount: 4 }, 'CAPTURED', 96],
  ['came to more than was set aside', { kind: 'done', amount: 40 }, 'CAPTURED', 90],
  ['came to nothing', { kind: 'done', amount: 0 }, 'RELEASED', 100],
  ['failed', { kind: 'failed' }, 'RELEASED', 100],
  ['goes on', { kind: 'running', until: day(3) }, 'HELD', 90],
])('the owner of an overdue hold is asked first: its work %s', async (about, fate, state, balance) => {
  await give(100)
  const reference = `video:${about}`
  await setAside(reference)
  const asked: string[] = []
  const owners = {
    video: async (id: string) => {
      asked.push(id)
      return fate
    },
  }
  await sweepHolds(app.app.db, owners, new Date(day(1).getTime() - 1))
  expect(asked).toEqual([])
  await sweepHolds(app.app.db, owners, day(1))
  await sweepHolds(app.app.db, owners, day(1))
  expect(asked).toEqual([about])
  expect(await stateOf(reference)).toEqual({ state, deadline: state === 'HELD' ? day(3) : day(1) })
  expect(await balanceAt(day(1))).toBe(balance)
})

test('work that nobody knows is released; an owner who was faster is left alone', async () => {
  await give(100)
  await setAside('podcast:unknown')
  await setAside('video:quick')
  const owners = {
    video: async () => {
      const ending = { reference: 'video:quick', description: 'A video', now: day(1) }
      await app.app.db.transaction((tx) => capture(tx, ending))
      return { kind: 'failed' } as const
    },
  }
  await sweepHolds(app.app.db, owners, day(1))
  expect([(await stateOf('podcast:unknown')).state, (await stateOf('video:quick')).state]).toEqual([
    'RELEASED',
    'CAPTURED',
  ])
  expect(await balanceAt(day(1))).toBe(90)
})
