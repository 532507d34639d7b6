import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startParentWatchdog } from '../../platform/child-process/parent-watchdog.ts'
import { resolvesWithin } from '../../platform/with-timeout.ts'
import { openLog } from './open-log.ts'
import type { Account } from './postgres-account.ts'
import { dataArgument, postgresEnvironment } from './postgres-cluster.ts'
import { clusterMarker, readPostmasterPid } from './postmaster-pid.ts'
import { forgetRunning, recordRunning } from './running.ts'

export interface Launch {
  readonly folder: string
  readonly cluster: string
  readonly account: Account | null
  readonly postgres: string
  readonly port: number
  readonly settings: readonly string[]
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Server {
  readonly pid: number
  readonly port: number
  readonly logFile: string
  readonly exited: Promise<Ended>
  readonly stop: () => Promise<void>
}

/** Crash recovery after a kill -9 runs before the server is ready and may replay up to 1 GB of WAL. */
const readyWithinSeconds = 60

/** Starts the server process and waits until it accepts connections. If it does not, the error has its output. */
export async function launch(plan: Launch): Promise<Server> {
  const log = openLog(join(plan.folder, 'postgres.log'), plan.account)
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `port=${plan.port}`,
    ...plan.settings,
    clusterMarker(plan.cluster),
  ]
  const child = spawn(
    plan.postgres,
    ['-D', dataArgument(plan.cluster, plan.account), ...settings.flatMap((setting) => ['-c', setting])],
    {
      ...plan.account,
      cwd: plan.cluster,
      detached: true,
      env: postgresEnvironment,
      stdio: ['ignore', log.descriptor, log.descriptor],
    },
  )
  closeSync(log.descriptor)
  const exited = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const { pid } = child
  if (pid === undefined) return exited.then(() => Promise.reject(new Error('Postgres did not start.')))
  // Backends have their own sessions, so only the postmaster is signalled; they end with it.
  const watchdog = startParentWatchdog({ pid, signal: 'SIGINT' })
  const ended = exited.finally(() => {
    watchdog.release()
    forgetRunning(plan.folder, pid)
  })
  const stop = once(() => shutDown(child, ended))
  if (!(await waitUntilReady(plan, pid, ended))) {
    await stop()
    const { code, signal } = await ended
    throw new Error(
      `Postgres did not become ready on ${plan.cluster} (it ended with ${signal ?? code}). ` +
        `The last lines of ${log.file}:\n${log.tail()}`,
    )
  }
  child.unref()
  return { pid, port: plan.port, logFile: log.file, exited: ended, stop }
}

async function waitUntilReady({ folder, cluster, port }: Launch, pid: number, ended: Promise<Ended>): Promise<boolean> {
  let hasEnded = false
  let ownsCluster = false
  void ended.then(() => {
    hasEnded = true
  })
  for (const deadline = Date.now() + readyWithinSeconds * 1000; !hasEnded && Date.now() < deadline; await sleep(10)) {
    const postmaster = readPostmasterPid(cluster)
    if (postmaster?.pid !== pid) continue
    // Its pid in the file means that no concurrent start has the cluster.
    if (!ownsCluster) recordRunning(folder, { owner: process.pid, pid, port })
    ownsCluster = true
    if (postmaster.ready) return true
  }
  return false
}

/** SIGINT rolls back open transactions and writes a checkpoint; SIGQUIT leaves that to recovery at the next start. */
async function shutDown(child: ChildProcess, ended: Promise<Ended>): Promise<void> {
  child.ref()
  for (const [signal, seconds] of [
    ['SIGINT', 10],
    ['SIGQUIT', 5],
    ['SIGKILL', 5],
  ] as const) {
    child.kill(signal)
    if (await resolvesWithin(seconds * 1_000, ended)) return
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | null = null
  return () => {
    started ??= work()
    return started
  }
}
