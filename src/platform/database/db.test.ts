import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { silentLog } from '../watching/log.ts'
import { createDatabase, type Database, hint } from './db.ts'

let cloned: ClonedDatabase
beforeAll(async () => {
  cloned = await cloneDatabase()
})
afterAll(() => cloned[Symbol.asyncDispose]())

/** The cloned database, and the hints that were given out. */
function open(poolSize = 2, log = silentLog): Database & { readonly hinted: string[][] } {
  const hinted: string[][] = []
  const db = createDatabase({
    url: cloned.url,
    isPooled: false,
    poolSize,
    log,
    onHints: (topics) => hinted.push([...topics]),
  })
  return { ...db, hinted }
}

const person = (clerkId: string) => ({ clerkId, createdAt: new Date() })

test('a transaction commits everything, and its hints follow, each topic once', async () => {
  await using db = open()
  const result = await db.transaction(async (tx) => {
    await tx.user.create({ data: person('user_one') })
    for (const topic of ['a', 'b', 'a']) hint(tx, topic)
    expect(db.hinted).toEqual([])
    return 'done'
  })
  expect(result).toBe('done')
  expect(db.hinted).toEqual([['a', 'b']])
  expect(await db.prisma.user.count({ where: { clerkId: 'user_one' } })).toBe(1)
})

test('a transaction that fails leaves nothing, and hints at nothing', async () => {
  await using db = open()
  const failing = db.transaction(async (tx) => {
    await tx.user.create({ data: person('user_two') })
    hint(tx, 'a')
    throw new Error('changed its mind')
  })
  await expect(failing).rejects.toThrow('changed its mind')
  expect(db.hinted).toEqual([])
  expect(await db.prisma.user.count({ where: { clerkId: 'user_two' } })).toBe(0)
})

test('an idle connection that breaks is logged and replaced', async () => {
  const lines: object[] = []
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  await using db = open(1, log)
  const { rows } = await db.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  await using other = open(1)
  await other.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
  await expect.poll(() => lines).toMatchObject([{ level: 40, msg: 'an idle database connection broke' }])
  expect(await db.prisma.user.count({ where: { clerkId: 'user_nobody' } })).toBe(0)
})

test('a used-up pool fails after five seconds instead of hanging, and serves again once it is free', async () => {
  await using db = open(1)
  const held = await db.pool.connect()
  const began = performance.now()
  await expect(db.prisma.user.count()).rejects.toThrow()
  expect(performance.now() - began).toBeLessThan(6_000)
  held.release()
  expect(await db.prisma.user.count({ where: { clerkId: 'user_nobody' } })).toBe(0)
})
