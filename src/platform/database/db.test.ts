import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { silentLog } from '../observability/log.ts'
import { createDatabase, type Database, notify } from './db.ts'

let cloned: ClonedDatabase
beforeAll(async () => {
  cloned = await cloneDatabase()
})
afterAll(() => cloned[Symbol.asyncDispose]())

/** The cloned database, with the topics passed to onNotify. */
function open(poolSize = 2, log = silentLog): Database & { readonly notified: string[][] } {
  const notified: string[][] = []
  const db = createDatabase({
    url: cloned.url,
    isPooled: false,
    poolSize,
    log,
    onNotify: (topics) => notified.push([...topics]),
  })
  return { ...db, notified }
}

const person = (clerkId: string) => ({ clerkId, createdAt: new Date() })

test('transaction commits, then calls onNotify with each topic once', async () => {
  await using db = open()
  const result = await db.transaction(async (tx) => {
    await tx.user.create({ data: person('user_one') })
    for (const topic of ['a', 'b', 'a']) notify(tx, topic)
    expect(db.notified).toEqual([])
    return 'done'
  })
  expect(result).toBe('done')
  expect(db.notified).toEqual([['a', 'b']])
  expect(await db.prisma.user.count({ where: { clerkId: 'user_one' } })).toBe(1)
})

test('a transaction that fails is rolled back and does not call onNotify', async () => {
  await using db = open()
  const failing = db.transaction(async (tx) => {
    await tx.user.create({ data: person('user_two') })
    notify(tx, 'a')
    throw new Error('the work failed')
  })
  await expect(failing).rejects.toThrow('the work failed')
  expect(db.notified).toEqual([])
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

test('an exhausted pool fails after five seconds instead of waiting, and works again when a connection is released', async () => {
  await using db = open(1)
  const held = await db.pool.connect()
  const began = performance.now()
  await expect(db.prisma.user.count()).rejects.toThrow()
  expect(performance.now() - began).toBeLessThan(6_000)
  held.release()
  expect(await db.prisma.user.count({ where: { clerkId: 'user_nobody' } })).toBe(0)
})
