import { expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { startPostgresProxy } from '../../testing/postgres-proxy.ts'
import { silentLog } from '../observability/log.ts'
import { createNotifications } from './notifications.ts'

test('a listening connection that stops answering is replaced each time, and all subscribers read again', async () => {
  await using database = await cloneDatabase()
  await using proxy = await startPostgresProxy(directUrlOf(database.url))
  const pool = openPool(database.url, 1)
  const notifications = createNotifications({
    directUrl: proxy.through(database.url),
    send: (sql, values) => pool.query(sql, values),
    log: silentLog,
    pingMs: 50,
    answerMs: 200,
  })
  const changes = (await notifications.subscribe('run', new AbortController().signal))[Symbol.asyncIterator]()
  notifications.publish(['run'])
  await changes.next()
  for (let time = 0; time < 2; time += 1) {
    const waiting = changes.next()
    expect(proxy.silenceOpenConnections()).toBe(1)
    await waiting
    const woken = changes.next()
    notifications.publish(['run'])
    await woken
  }

  proxy.isSilent = true
  const began = performance.now()
  await notifications[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(2_000)
  await pool.end()
}, 10_000)
