import { Client, type Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../../testing/postgres.ts'
import { silentLog } from '../observability/log.ts'
import { createNotifications, type Notifications } from './notifications.ts'

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

/** The notifications of a process, with the topics of each statement that it sent. */
function startNotifications(): { notifications: Notifications; sent: string[][] } {
  const sent: string[][] = []
  const notifications = createNotifications({
    directUrl: database.url,
    send: (sql, values) => {
      sent.push(values[1] as string[])
      return pool.query(sql, values)
    },
    log: silentLog,
  })
  return { notifications, sent }
}

const follow = async (notifications: Notifications, topic: string, signal = new AbortController().signal) =>
  (await notifications.subscribe(topic, signal))[Symbol.asyncIterator]()

/** A subscriber after the wake-up of LISTEN itself. */
async function settled(notifications: Notifications, topic: string) {
  const changes = await follow(notifications, topic)
  notifications.publish([topic])
  await changes.next()
  return changes
}

async function listeners(): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  )
  return rows.map(({ pid }) => pid)
}

describe('notifications', () => {
  test('reach all subscribers of the topic, in this process and in others', promptly, async () => {
    const [here, there] = [startNotifications(), startNotifications()]
    await using _here = here.notifications
    await using _there = there.notifications
    const subscribers = await Promise.all([settled(here.notifications, 'run'), settled(there.notifications, 'run')])
    const other = await settled(here.notifications, 'walk')
    here.notifications.publish(['run'])
    expect(await Promise.all(subscribers.map((changes) => changes.next()))).toEqual([raised, raised])
    here.notifications.publish(['walk'])
    expect(await other.next()).toEqual(raised)
  })

  test('of 20 ms are sent together, each topic once', promptly, async () => {
    await using listening = new AsyncDisposableStack()
    const client = new Client({ connectionString: database.url })
    await client.connect()
    listening.defer(() => client.end())
    const received: string[] = []
    client.on('notification', ({ payload }) => received.push(payload ?? ''))
    await client.query('LISTEN pacer_notifications')

    const { notifications, sent } = startNotifications()
    await using _ = notifications
    for (let n = 0; n < 100; n += 1) notifications.publish(['run', `walk ${n % 2}`])
    notifications.publish([])
    await expect.poll(() => received.length).toBe(3)
    expect(sent).toEqual([['run', 'walk 0', 'walk 1']])

    notifications.publish(['run'])
    await expect.poll(() => received.length).toBe(4)
    expect(sent).toEqual([['run', 'walk 0', 'walk 1'], ['run']])
    expect(received.toSorted()).toEqual(['run', 'run', 'walk 0', 'walk 1'])
  })

  test('without a topic send no statement', promptly, async () => {
    const { notifications, sent } = startNotifications()
    notifications.publish([])
    await notifications[Symbol.asyncDispose]()
    expect(sent).toEqual([])
  })

  test('that are not sent yet are sent before the end', promptly, async () => {
    const { notifications, sent } = startNotifications()
    notifications.publish(['run'])
    await notifications[Symbol.asyncDispose]()
    expect(sent).toEqual([['run']])
  })

  test('that cannot be sent are lost without an error, and later ones are sent', promptly, async () => {
    let isDown = true
    const sent: unknown[] = []
    const send = async (_sql: string, [, topics]: unknown[]) => {
      if (isDown) throw new Error('The database is unavailable.')
      sent.push(topics)
    }
    await using notifications = createNotifications({ directUrl: database.url, send, log: silentLog })
    notifications.publish(['lost'])
    await expect.poll(() => isDown).toBe(true)
    await expect
      .poll(() => {
        isDown = false
        notifications.publish(['found'])
        return sent.flat()
      })
      .toContain('found')
  })
})

describe('listening', () => {
  test('takes one connection for any number of subscribers, and none without subscribers', promptly, async () => {
    const before = await listeners()
    const { notifications } = startNotifications()
    expect(await listeners()).toEqual(before)
    await Promise.all(Array.from({ length: 10 }, (_, n) => follow(notifications, `topic ${n}`)))
    expect(await listeners()).toHaveLength(before.length + 1)
    await notifications[Symbol.asyncDispose]()
    await expect.poll(listeners).toEqual(before)
  })

  test('again after a lost connection wakes all subscribers, since notifications may be lost', promptly, async () => {
    const { notifications } = startNotifications()
    await using _ = notifications
    const subscribers = [await settled(notifications, 'run'), await settled(notifications, 'walk')]
    const waiting = subscribers.map((changes) => changes.next())
    const [lost] = await listeners()
    await pool.query('SELECT pg_terminate_backend($1)', [lost])
    expect(await Promise.all(waiting)).toEqual([raised, raised])
    expect(await listeners()).not.toContain(lost)

    const [run] = subscribers
    notifications.publish(['run'])
    expect(await run?.next()).toEqual(raised)
  })

  test('recovers each time the connection is lost', promptly, async () => {
    const { notifications } = startNotifications()
    await using _ = notifications
    const changes = await settled(notifications, 'run')
    for (let time = 0; time < 3; time += 1) {
      const waiting = changes.next()
      await pool.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [await listeners()])
      expect(await waiting).toEqual(raised)
    }
  })

  test('that ends while it connects leaves no connection open', promptly, async () => {
    const { notifications } = startNotifications()
    const subscribed = follow(notifications, 'run')
    await notifications[Symbol.asyncDispose]()
    expect(await (await subscribed).next()).toEqual(done)
    await expect.poll(listeners).toEqual([])
    const open = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'`,
    )
    expect(open.rowCount).toBe(0)
  })

  test('ends for a subscriber whose signal aborts, and for all at the end', promptly, async () => {
    const { notifications } = startNotifications()
    const leaving = new AbortController()
    const one = (await follow(notifications, 'run', leaving.signal)).next()
    const changes = await settled(notifications, 'run')
    await one
    leaving.abort()
    expect(await (await follow(notifications, 'run', leaving.signal)).next()).toEqual(done)
    const waiting = changes.next()
    await notifications[Symbol.asyncDispose]()
    expect(await waiting).toEqual(done)
  })
})
