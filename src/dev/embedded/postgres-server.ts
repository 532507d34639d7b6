import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { holdLeash } from './leash.ts'
import { openLog } from './open-log.ts'
import type { Account } from './postgres-account.ts'
import { dataArgument, postgresEnvironment } from './postgres-cluster.ts'
import { clusterMarker, readPostmasterPid } from './postmaster-pid.ts'
import { forgetRunning, recordRunning } from './running.ts'
import { settlesWithin } from './settles-within.ts'

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

/** Crash recovery after a kill -9 comes before readiness, and may replay up to 1 GB of log. */
const readyWithinSeconds = 60

/** Starts the server process and waits until it accepts connections. What it said is in the error when it does not. */
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
  // Backends make sessions of their own, so only the postmaster is signalled; they end when it does.
  const leash = holdLeash({ pid, signal: 'SIGINT' })
  const ended = exited.finally(() => {
    leash.release()
    forgetRunning(plan.folder, pid)
  })
  const stop = once(() => shutDown(child, ended))
  if (!(await becomesReady(plan, pid, ended))) {
    await stop()
    const { code, signal } = await ended
    throw new Error(
      `Postgres did not get ready on ${plan.cluster} (it ended with ${signal ?? code}). ` +
        `The last lines of ${log.file}:\n${log.tail()}`,
    )
  }
  child.unref()
  return { pid, port: plan.port, logFile: log.file, exited: ended, stop }
}

async function becomesReady({ folder, cluster, port }: Launch, pid: number, ended: Promise<Ended>): Promise<boolean> {
  let over = false
  let holdsCluster = false
  void ended.then(() => {
    over = true
  })
  for (const deadline = Date.now() + readyWithinSeconds * 1000; !over && Date.now() < deadline; await sleep(10)) {
    const said = readPostmasterPid(cluster)
    if (said?.pid !== pid) continue
    // Its pid in the file means that it won the cluster from any other that started in the same moment.
    if (!holdsCluster) recordRunning(folder, { owner: process.pid, pid, port })
    holdsCluster = true
    if (said.ready) return true
  }
  return false
}

/** SIGINT rolls back what is open and writes a checkpoint; SIGQUIT leaves that to recovery at the next start. */
async function shutDown(child: ChildProcess, ended: Promise<Ended>): Promise<void> {
  child.ref()
  for (const [signal, seconds] of [
    ['SIGINT', 10],
    ['SIGQUIT', 5],
    ['SIGKILL', 5],
  ] as const) {
    child.kill(signal)
    if (await settlesWithin(seconds, ended)) return
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | null = null
  return () => {
    begun ??= work()
    return begun
  }
}
