import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { capture, grant, hold } from '../index.ts'
import { balancesOf, expiringOf } from '../queries/balance.ts'
import { sweepHolds, type WorkState } from './sweep-holds.ts'

const now = new Date('2026-11-21T09:00:00Z')
const day = (n: number) => new Date(now.getTime() + n * 86_400_000)

let app: TestApp
let user: User
let userCount = 0
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  userCount += 1
  user = await createUser(app, `sweep.${userCount}@example.com`)
})

const balanceAt = async (at: Date) => (await balancesOf(app.app.db.prisma, [user.id], at)).get(user.id) ?? 0

async function grantCredits(amount: number, expiresAt: Date | null = null): Promise<void> {
  const key = `grant ${amount} ${expiresAt?.toISOString()}`
  await app.app.db.transaction((tx) =>
    grant(tx, { userId: user.id, amount, source: 'PLANS', key, description: 'A month', expiresAt, now }),
  )
}

async function holdCredits(reference: string): Promise<void> {
  const input = { userId: user.id, amount: 10, reference, description: 'A video', deadline: day(1), now }
  await app.app.db.transaction((tx) => hold(tx, input))
}

const stateOf = async (reference: string) => {
  const { state, deadline } = await app.app.db.prisma.creditHold.findUniqueOrThrow({ where: { reference } })
  return { state, deadline }
}

test('balancesOf excludes expired lots from the instant of expiry, swept or not; expiringOf lists the others', async () => {
  await grantCredits(30, day(1))
  await grantCredits(20, day(2))
  await grantCredits(5)
  expect(await balanceAt(now)).toBe(55)
  expect(await expiringOf(app.app.db.prisma, user.id, now)).toEqual([
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

test.each<[string, WorkState, string, number]>([
  ['is done and cost less than held', { kind: 'done', amount: 4 }, 'CAPTURED', 96],
  ['is done and cost more than held', { kind: 'done', amount: 40 }, 'CAPTURED', 90],
  ['is done and cost nothing', { kind: 'done', amount: 0 }, 'RELEASED', 100],
  ['has failed', { kind: 'failed' }, 'RELEASED', 100],
  ['is running', { kind: 'running', until: day(3) }, 'HELD', 90],
])('sweepHolds asks the owner of an overdue hold: its work %s', async (about, workState, state, balance) => {
  await grantCredits(100)
  const reference = `video:${about}`
  await holdCredits(reference)
  const requestedIds: string[] = []
  const owners = {
    video: async (id: string) => {
      requestedIds.push(id)
      return workState
    },
  }
  await sweepHolds(app.app.db, owners, new Date(day(1).getTime() - 1))
  expect(requestedIds).toEqual([])
  await sweepHolds(app.app.db, owners, day(1))
  await sweepHolds(app.app.db, owners, day(1))
  expect(requestedIds).toEqual([about])
  expect(await stateOf(reference)).toEqual({ state, deadline: state === 'HELD' ? day(3) : day(1) })
  expect(await balanceAt(day(1))).toBe(balance)
})

test('sweepHolds looks at every overdue hold once, however many there are', async () => {
  await grantCredits(1_100)
  await app.app.db.transaction(async (tx) => {
    for (let nth = 0; nth < 110; nth += 1) {
      const reference = `podcast:many.${nth}`
      await hold(tx, { userId: user.id, amount: 10, reference, description: 'A podcast', deadline: day(1), now })
    }
  })
  let requested = 0
  const owners = {
    podcast: async () => {
      requested += 1
      // An owner whose clock is late: the hold stays overdue.
      return requested === 1 ? { kind: 'running' as const, until: day(1) } : { kind: 'failed' as const }
    },
  }
  expect(await sweepHolds(app.app.db, owners, day(1))).toBe(109)
  expect(requested).toBe(110)
  expect(await sweepHolds(app.app.db, owners, day(1))).toBe(1)
})

test('sweepHolds releases holds without an owner, and keeps the result of an owner that ended the hold meanwhile', async () => {
  await grantCredits(100)
  await holdCredits('podcast:unknown')
  await holdCredits('video:quick')
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
