import { Client, type Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { silentLog } from '../watching/log.ts'
import { createEvents, type Events } from './events.ts'

const promptly = { timeout: 10_000 }
const done = { done: true, value: undefined }
const raised = { done: false, value: undefined }

let database: ClonedDatabase
let pool: Pool
beforeAll(async () => {
  database = await cloneDatabase()
  pool = openPool(database.url)
})
afterAll(async () => {
  await pool.end()
  await database[Symbol.asyncDispose]()
})

/** A process's events, with the topics of each statement that it sent. */
function startEvents(): { events: Events; sent: string[][] } {
  const sent: string[][] = []
  const events = createEvents({
    directUrl: database.url,
    send: (sql, values) => {
      sent.push(values[1] as string[])
      return pool.query(sql, values)
    },
    log: silentLog,
  })
  return { events, sent }
}

const follow = async (events: Events, topic: string, signal = new AbortController().signal) =>
  (await events.subscribe(topic, signal))[Symbol.asyncIterator]()

/** A follower who has seen that listening began, and now waits for what comes. */
async function settled(events: Events, topic: string) {
  const hints = await follow(events, topic)
  events.publish([topic])
  await hints.next()
  return hints
}

async function listeners(): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  )
  return rows.map(({ pid }) => pid)
}

describe('hints', () => {
  test('reach everyone who follows the topic, in this process and in others', promptly, async () => {
    const [here, there] = [startEvents(), startEvents()]
    await using _here = here.events
    await using _there = there.events
    const followers = await Promise.all([settled(here.events, 'run'), settled(there.events, 'run')])
    const other = await settled(here.events, 'walk')
    here.events.publish(['run'])
    expect(await Promise.all(followers.map((hints) => hints.next()))).toEqual([raised, raised])
    here.events.publish(['walk'])
    expect(await other.next()).toEqual(raised)
  })

  test('of 20 ms go out together, each topic once', promptly, async () => {
    await using listening = new AsyncDisposableStack()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    listening.defer(() => client.end())
    const heard: string[] = []
    client.on('notification', ({ payload }) => heard.push(payload ?? ''))
    await client.query('LISTEN pacer_hints')

    const { events, sent } = startEvents()
    await using _ = events
    for (let n = 0; n < 100; n += 1) events.publish(['run', `walk ${n % 2}`])
    events.publish([])
    await expect.poll(() => heard.length).toBe(3)
    expect(sent).toEqual([['run', 'walk 0', 'walk 1']])

    events.publish(['run'])
    await expect.poll(() => heard.length).toBe(4)
    expect(sent).toEqual([['run', 'walk 0', 'walk 1'], ['run']])
    expect(heard.toSorted()).toEqual(['run', 'run', 'walk 0', 'walk 1'])
  })

  test('of nothing send nothing', promptly, async () => {
    const { events, sent } = startEvents()
    events.publish([])
    await events[Symbol.asyncDispose]()
    expect(sent).toEqual([])
  })

  test('that wait to go out are sent before the end', promptly, async () => {
    const { events, sent } = startEvents()
    events.publish(['run'])
    await events[Symbol.asyncDispose]()
    expect(sent).toEqual([['run']])
  })

  test('that cannot be sent are lost without a failure, and later ones go out', promptly, async () => {
    let isDown = true
    const sent: unknown[] = []
    const send = async (_sql: string, [, topics]: unknown[]) => {
      if (isDown) throw new Error('The database is away.')
      sent.push(topics)
    }
    await using events = createEvents({ directUrl: database.url, send, log: silentLog })
    events.publish(['lost'])
    await expect.poll(() => isDown).toBe(true)
    await expect
      .poll(() => {
        isDown = false
        events.publish(['found'])
        return sent.flat()
      })
      .toContain('found')
  })
})

describe('listening', () => {
  test('is one connection however many follow, and none where nobody does', promptly, async () => {
    const before = await listeners()
    const { events } = startEvents()
    expect(await listeners()).toEqual(before)
    await Promise.all(Array.from({ length: 10 }, (_, n) => follow(events, `topic ${n}`)))
    expect(await listeners()).toHaveLength(before.length + 1)
    await events[Symbol.asyncDispose]()
    await expect.poll(listeners).toEqual(before)
  })

  test('again after a lost connection raises every topic, since any hint may be lost', promptly, async () => {
    const { events } = startEvents()
    await using _ = events
    const followers = [await settled(events, 'run'), await settled(events, 'walk')]
    const waiting = followers.map((hints) => hints.next())
    const [lost] = await listeners()
    await pool.query('SELECT pg_terminate_backend($1)', [lost])
    expect(await Promise.all(waiting)).toEqual([raised, raised])
    expect(await listeners()).not.toContain(lost)

    const [run] = followers
    events.publish(['run'])
    expect(await run?.next()).toEqual(raised)
  })

  test('lost again and again comes back again and again', promptly, async () => {
    const { events } = startEvents()
    await using _ = events
    const hints = await settled(events, 'run')
    for (let time = 0; time < 3; time += 1) {
      const waiting = hints.next()
      await pool.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [await listeners()])
      expect(await waiting).toEqual(raised)
    }
  })

  test('that ends while it is being taken up leaves no connection behind', promptly, async () => {
    const { events } = startEvents()
    const subscribed = follow(events, 'run')
    await events[Symbol.asyncDispose]()
    expect(await (await subscribed).next()).toEqual(done)
    await expect.poll(listeners).toEqual([])
    const open = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
    )
    expect(open.rowCount).toBe(0)
  })

  test('ends for a follower who goes away, and for all at the end', promptly, async () => {
    const { events } = startEvents()
    const leaving = new AbortController()
    const one = (await follow(events, 'run', leaving.signal)).next()
    const hints = await settled(events, 'run')
    await one
    leaving.abort()
    expect(await (await follow(events, 'run', leaving.signal)).next()).toEqual(done)
    const waiting = hints.next()
    await events[Symbol.asyncDispose]()
    expect(await waiting).toEqual(done)
  })
})
