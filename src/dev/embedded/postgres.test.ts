import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findPostgres, startPostgres } from './postgres.ts'
import { readPostmasterPid } from './postmaster-pid.ts'
import { inspectProcess } from './processes.ts'
import { DataFolderInUse } from './running.ts'

/** A data folder with a cluster. */
let existing: string
beforeAll(async () => {
  existing = await mkdtemp(join(tmpdir(), 'pacer-postgres-test-'))
  const postgres = await startPostgres({ dataDir: existing, durable: false })
  await postgres.stop()
})
afterAll(() => rm(existing, { recursive: true, force: true, maxRetries: 5 }))

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pacer-postgres-test-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))

const start = (more: { port?: number; maxConnections?: number; durable?: boolean } = {}) =>
  startPostgres({ dataDir, durable: false, ...more })

/** For tests of other things than the creation of a cluster, which takes ten times the CPU. The copy has the same owner. */
async function copyCluster(): Promise<void> {
  await promisify(execFile)('cp', ['-a', join(existing, 'cluster'), dataDir])
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

describe('the embedded Postgres', { timeout: 30_000 }, () => {
  it('keeps its data after a restart', async () => {
    {
      await using first = await start()
      expect(await query(first.url(), 'create database kept')).toEqual([])
      await query(first.url('kept'), 'create table rows as select 42 as answer')
    }
    await using second = await start()
    expect(await query(second.url('kept'), 'select answer from rows')).toEqual([42])
    expect(await query(second.url(), "select current_setting('TimeZone'), version()")).toEqual([
      'UTC',
      expect.stringContaining('PostgreSQL 18'),
    ])
    expect(await readdir(second.cluster)).toContain('PG_VERSION')
  })

  it('listens only on 127.0.0.1, on the given port, with the given number of connections', async () => {
    await copyCluster()
    const port = await findFreePort()
    await using postgres = await start({ port, maxConnections: 7 })
    const shown = await query(
      postgres.url(),
      `select current_setting('listen_addresses'), current_setting('unix_socket_directories'),
        current_setting('max_connections'), current_setting('port')`,
    )
    expect(shown).toEqual(['127.0.0.1', '', '7', String(port)])
  })

  it('fails if the port is in use', async () => {
    await copyCluster()
    const other = createServer()
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port))
    })
    await expect(start({ port })).rejects.toThrow(/Port \d+ of 127.0.0.1 is in use/)
    other.close()
  })

  it('fails with the output of a server that does not start', async () => {
    await copyCluster()
    await expect(start({ maxConnections: 300_000_000 })).rejects.toThrow(/max_connections/)
  })

  it('lets exactly one of several concurrent starts succeed', async () => {
    const starts = await Promise.allSettled([start(), start(), start()])
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const started of starts) {
      if (started.status === 'fulfilled') await started.value.stop()
      else expect(started.reason).toBeInstanceOf(DataFolderInUse)
    }
    await using again = await start()
    expect(again.pid).toBeGreaterThan(0)
  })

  it('refuses a folder that is in use and finds the server that uses it', async () => {
    await copyCluster()
    expect(await findPostgres(dataDir)).toBeNull()
    await using postgres = await start()
    await expect(start()).rejects.toThrow(DataFolderInUse)
    const found = await findPostgres(dataDir)
    expect(found?.url()).toBe(postgres.url())
    expect(await query(postgres.url(), 'select 1')).toEqual([1])
    await postgres.stop()
    expect(await findPostgres(dataDir)).toBeNull()
  })

  it('shuts down cleanly with an open transaction, and can be stopped twice', async () => {
    await copyCluster()
    const postgres = await start()
    const client = new Client(postgres.url())
    client.on('error', () => undefined)
    await client.connect()
    await client.query('begin')
    await client.query('create table rolled_back()')
    await Promise.all([postgres.stop(), postgres.stop()])
    expect(await postgres.exited).toEqual({ code: 0, signal: null })
    expect(inspectProcess(postgres.pid)).toBeNull()
  })

  it('reports a crash of the server, and starts again at once with all committed data', async () => {
    await copyCluster()
    const first = await start({ durable: true })
    await query(first.url(), 'create table kept as select 1 as n')
    process.kill(first.pid, 'SIGKILL')
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await first.stop()
    await using second = await start()
    expect(await query(second.url(), 'select n from kept')).toEqual([1])
  })

  it('ignores a pid file whose pid belongs to another program, and does not signal that program', async () => {
    await copyCluster()
    const { cluster, stop } = await start()
    await stop()
    const bystander = spawn('sleep', ['60'])
    writeFileSync(
      join(cluster, 'postmaster.pid'),
      [bystander.pid, cluster, 1700000000, 5432, '', '127.0.0.1', '  1 2', 'ready   ', ''].join('\n'),
    )
    await using postgres = await start()
    expect(readPostmasterPid(cluster)).toEqual({ pid: postgres.pid, port: postgres.port, ready: true })
    expect(inspectProcess(bystander.pid ?? 0)?.command).toBe('sleep 60')
    bystander.kill()
  })

  it('removes the folder of a killed initdb', async () => {
    const leftover = join(dataDir, 'cluster.making-2147483646-abcdef')
    mkdirSync(leftover)
    writeFileSync(join(leftover, 'PG_VERSION'), '18')
    await using postgres = await start()
    expect((await readdir(dataDir)).sort()).toEqual(['cluster', 'postgres.log', 'running.json'])
    expect(readFileSync(postgres.logFile, 'utf8')).toContain('ready to accept connections')
  })
})

function findFreePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
