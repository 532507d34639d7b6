import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDatabase } from '../../platform/database/db.ts'
import { silentLog } from '../../platform/watching/log.ts'
import { startTestApp } from '../../testing/app.ts'
import { processName, warnOfConnections } from './warn-of-connections.ts'

test('a start warns when all processes together may want more connections than the database takes', async () => {
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
      onHints: () => undefined,
    })
  const look = (changes: Partial<typeof config>) =>
    warnOfConnections({ db: app.app.db, log, config: { ...config, webConcurrency: 1, ...changes } })

  // This run's server takes 297.
  await look({ poolSize: 5 })
  expect(lines).toEqual([])
  await look({ poolSize: 297 })
  expect(lines).toMatchObject([{ apis: 1, needed: 298, usable: 297 }])
  expect(lines.pop()?.msg).toContain('set DB_POOL_SIZE to 296 or less')

  await look({ poolSize: 100, webConcurrency: 3 })
  expect(lines.pop()?.msg).toContain('want 303 connections')

  await using api = open('api')
  await using worker = open('worker')
  await using another = open('worker')
  for (const { pool } of [api, worker, another]) await pool.query('SELECT')
  await look({ poolSize: 100 })
  expect(lines.pop()).toMatchObject({ apis: 1, workers: 2, needed: 315, msg: expect.stringContaining('to 94 or less') })

  const database = { url: config.database.url, directUrl: 'postgres://elsewhere/pacer' }
  await look({ poolSize: 100, database })
  expect(lines).toEqual([])
})
