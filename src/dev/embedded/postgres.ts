import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isPortFree } from './free-port.ts'
import { openFolder } from './open-folder.ts'
import { postgresAccount } from './postgres-account.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { makeCluster } from './postgres-cluster.ts'
import { type Ended, type Launch, launch, type Server } from './postgres-server.ts'
import { clearTheWay, clusterMarker, readPostmasterPid } from './postmaster-pid.ts'
import { isMarked } from './running.ts'

export interface PostgresOptions {
  /** Ours alone, made when missing: the cluster, `postgres.log` and `running.json` lie in it. */
  readonly dataDir: string
  /**
   * False for tests: commits wait for no disk. A kill -9 of the server then loses what was committed in the last 0.6 s,
   * a power cut everything. True unless told.
   */
  readonly durable?: boolean
  /** Refused when taken. A free one unless told. */
  readonly port?: number
  readonly maxConnections?: number
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** A connection string for a database and a role; both `postgres` unless told, which is the superuser. */
  url(database?: string, role?: string): string
  readonly port: number
  readonly pid: number
  /** Where the data really are: always inside `dataDir`. */
  readonly cluster: string
  readonly logFile: string
  /** Settles when the server has ended, asked to or by itself. Waiting for it keeps no process alive. */
  readonly exited: Promise<Ended>
  /** Fast shutdown, 0.02 s: open transactions are rolled back. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL 18 on 127.0.0.1, making its cluster first when there is none. Ready when it accepts connections:
 * 1.3 s the first time, then 0.06 s. It ends with this process however that ends. Throws DataFolderInUse when another
 * live process has started one on the same folder: `findPostgres` then says where it listens.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const folder = await openFolder(options.dataDir)
  const cluster = join(folder, 'cluster')
  const account = postgresAccount(cluster)
  const { postgres, initdb } = await postgresBinaries(account)
  await makeCluster(cluster, initdb, account)
  const settings = settingsFrom(options)
  const server = await launchPatiently(async () => {
    await clearTheWay(folder, cluster)
    if (options.port && !(await isPortFree(options.port))) {
      throw new Error(`Port ${options.port} of 127.0.0.1 is taken. Stop what listens there, or choose another port.`)
    }
    const port = options.port ?? (await freePort())
    return { folder, cluster, account, postgres, port, settings }
  })
  return {
    url: (database, role) => urlOf(server.port, database, role),
    port: server.port,
    pid: server.pid,
    cluster,
    logFile: server.logFile,
    exited: server.exited,
    stop: server.stop,
    [Symbol.asyncDispose]: server.stop,
  }
}

/** The server that another process keeps running on this folder, if it accepts connections; else null. */
export async function findPostgres(dataDir: string): Promise<Pick<EmbeddedPostgres, 'url' | 'port' | 'pid'> | null> {
  const cluster = join(await openFolder(dataDir), 'cluster')
  const found = readPostmasterPid(cluster)
  if (!found?.ready || !isMarked(found.pid, clusterMarker(cluster))) return null
  return { url: (database, role) => urlOf(found.port, database, role), port: found.port, pid: found.pid }
}

function urlOf(port: number, database = 'postgres', role = 'postgres'): string {
  return `postgresql://${encodeURIComponent(role)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

function settingsFrom({ durable = true, maxConnections }: PostgresOptions): string[] {
  return [
    'timezone=UTC',
    'log_timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
    ...(maxConnections ? [`max_connections=${maxConnections}`] : []),
  ]
}

/**
 * Failures that another attempt settles: another program took the free port in between; the backends of a postmaster
 * that was killed alone hold its shared memory for some milliseconds more; another start on the same cluster was
 * first (the next attempt says whose).
 */
async function launchPatiently(next: () => Promise<Launch>): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(await next())
    } catch (error) {
      const passing =
        error instanceof Error &&
        /Address already in use|is still in use|lock file .* already exists/.test(error.message)
      if (!passing || attempt === 5) throw error
      await sleep(200)
    }
  }
}
