import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDatabase } from '../../platform/database/db.ts'
import { silentLog } from '../../platform/observability/log.ts'
import { startTestApp } from '../../testing/app.ts'
import { processName, warnOfConnections } from './warn-of-connections.ts'

test('warns at the start if all processes together may need more connections than the database accepts', async () => {
  await using app = await startTestApp()
  const { config } = app.app
  const lines: { msg: string; apis: number; workers: number; needed: number; usable: number }[] = []
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const open = (role: 'api' | 'worker' | 'all') =>
    createDatabase({
      url: app.databaseUrl,
      isPooled: false,
      poolSize: 1,
      name: processName(role),
      log: silentLog,
      onNotify: () => undefined,
    })
  const check = (changes: Partial<typeof config>) =>
    warnOfConnections({ db: app.app.db, log, config: { ...config, webConcurrency: 1, ...changes } })

  // The server of the test run accepts 297.
  await check({ poolSize: 5 })
  expect(lines).toEqual([])
  await check({ poolSize: 297 })
  expect(lines).toMatchObject([{ apis: 1, needed: 298, usable: 297 }])
  expect(lines.pop()?.msg).toContain('set DB_POOL_SIZE to 296 or less')

  await check({ poolSize: 100, webConcurrency: 3 })
  expect(lines.pop()?.msg).toContain('need 303 connections')

  await using api = open('api')
  await using worker = open('worker')
  await using another = open('worker')
  for (const { pool } of [api, worker, another]) await pool.query('SELECT')
  await check({ poolSize: 100 })
  expect(lines.pop()).toMatchObject({ apis: 1, workers: 2, needed: 309, msg: expect.stringContaining('to 96 or less') })

  const database = { url: config.database.url, directUrl: 'postgres://elsewhere/pacer' }
  await check({ poolSize: 100, database })
  expect(lines).toEqual([])
})
