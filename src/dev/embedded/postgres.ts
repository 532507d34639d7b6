import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, isPortFree } from './free-port.ts'
import { openFolder } from './open-folder.ts'
import { postgresAccount } from './postgres-account.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { makeCluster } from './postgres-cluster.ts'
import { type Ended, type Launch, launch, type Server } from './postgres-server.ts'
import { clusterMarker, prepareCluster, readPostmasterPid } from './postmaster-pid.ts'
import { isMarked } from './running.ts'

export interface PostgresOptions {
  /** Used by this server only, created if missing: contains the cluster, `postgres.log` and `running.json`. */
  readonly dataDir: string
  /**
   * False for tests: commits do not wait for the disk. A kill -9 of the server then loses the commits of the last 0.6 s,
   * a power failure may lose everything. Default: true.
   */
  readonly durable?: boolean
  /** Fails if it is in use. Default: a free port. */
  readonly port?: number
  readonly maxConnections?: number
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** A connection string for a database and a role. Both default to `postgres`, which is the superuser. */
  url(database?: string, role?: string): string
  readonly port: number
  readonly pid: number
  /** The folder of the data, always inside `dataDir`. */
  readonly cluster: string
  readonly logFile: string
  /** Settles when the server has ended, whether stopped or crashed. Does not keep this process alive. */
  readonly exited: Promise<Ended>
  /** Fast shutdown (0.02 s): open transactions are rolled back. Can be called repeatedly. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL 18 on 127.0.0.1 and creates its cluster if there is none. Resolves when it accepts connections: 1.3 s
 * the first time, then 0.06 s. It ends with this process, however that ends. Throws DataFolderInUse if another live
 * process has started one on the same folder; `findPostgres` finds it.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const folder = await openFolder(options.dataDir)
  const cluster = join(folder, 'cluster')
  const account = postgresAccount(cluster)
  const { postgres, initdb } = await postgresBinaries(account)
  await makeCluster(cluster, initdb, account)
  const settings = settingsFrom(options)
  const server = await launchWithRetry(async () => {
    await prepareCluster(folder, cluster)
    if (options.port && !(await isPortFree(options.port))) {
      throw new Error(`Port ${options.port} of 127.0.0.1 is in use. Stop what listens there, or choose another port.`)
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

/** The server that another process runs on this folder, if it accepts connections; otherwise null. */
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
 * Retries temporary failures: another program took the free port; the backends of a killed postmaster hold its shared
 * memory for some milliseconds; a concurrent start has the cluster (the next attempt then throws DataFolderInUse).
 */
async function launchWithRetry(next: () => Promise<Launch>): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(await next())
    } catch (error) {
      const isTemporary =
        error instanceof Error &&
        /Address already in use|is still in use|lock file .* already exists/.test(error.message)
      if (!isTemporary || attempt === 5) throw error
      await sleep(200)
    }
  }
}
