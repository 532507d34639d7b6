import { expect, test } from 'vitest'
import { openPool } from '../../testing/pool.ts'
import { cloneDatabase, directUrlOf } from '../../testing/postgres.ts'
import { openPostgresDoor } from '../../testing/postgres-door.ts'
import { silentLog } from '../watching/log.ts'
import { createEvents } from './events.ts'

test('a listening connection that falls silent is made anew, and everyone reads again; so is each one after it', async () => {
  await using database = await cloneDatabase()
  await using door = await openPostgresDoor(directUrlOf(database.url))
  const pool = openPool(database.url, 1)
  const events = createEvents({
    directUrl: door.through(database.url),
    send: (sql, values) => pool.query(sql, values),
    log: silentLog,
    pingMs: 50,
    answerMs: 200,
  })
  const hints = (await events.subscribe('run', new AbortController().signal))[Symbol.asyncIterator]()
  events.publish(['run'])
  await hints.next()
  for (let time = 0; time < 2; time += 1) {
    const waiting = hints.next()
    expect(door.silenceOld()).toBe(1)
    await waiting
    const heard = hints.next()
    events.publish(['run'])
    await heard
  }

  door.isSilent = true
  const began = performance.now()
  await events[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(2_000)
  await pool.end()
}, 10_000)
