import { type ChildProcess, fork } from 'node:child_process'
import { closeSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startParentWatchdog } from '../../platform/child-process/parent-watchdog.ts'
import { resolvesWithin, withTimeout } from '../../platform/with-timeout.ts'
import { openLog } from './open-log.ts'
import { signalIfThere } from './processes.ts'
import type { R2StartMessage, R2StartResult } from './r2-process.ts'
import { claimRunning, forgetRunning, recordRunning } from './running.ts'

export interface R2Server {
  readonly pid: number
  readonly port: number
  readonly endpoint: string
  readonly logFile: string
  readonly exited: Promise<void>
  readonly stop: () => Promise<void>
}

/** The program's file. Together with the data folder it identifies an embedded R2 by its command line. */
export const r2Program = fileURLToPath(new URL('./r2-process.ts', import.meta.url))
/** With the compiled modules of an earlier start, Miniflare is loaded with 0.3 s less CPU. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/r2', import.meta.url))

/** Starts the process and waits until it accepts requests. If it does not, the error has its output. */
export async function launchR2(message: R2StartMessage): Promise<R2Server> {
  const { folder, port, endpoint } = message
  const log = openLog(join(folder, 'r2.log'))
  const temporary = join(folder, 'tmp')
  const child = fork(r2Program, [folder], {
    cwd: folder,
    detached: true,
    // The environment is not inherited: no proxy, MINIFLARE_* or NODE_OPTIONS of the developer's shell.
    env: { TMPDIR: temporary, PATH: '/usr/bin:/bin', NODE_COMPILE_CACHE: compileCache },
    execArgv: [],
    stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
  })
  closeSync(log.descriptor)
  const { pid } = child
  if (pid === undefined) throw new Error('The embedded R2 did not start: the process could not be created.')
  const watchdog = startParentWatchdog({ pid, signal: 'SIGTERM', group: true })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => {
    // workerd outlives a killed Node process; its group id is not reused while it runs.
    signalIfThere(-pid, 'SIGKILL')
    watchdog.release()
    forgetRunning(folder, pid)
  })
  let stopping: Promise<void> | null = null
  const stop = () => {
    stopping ??= shutDown(child, exited)
    return stopping
  }
  try {
    claimRunning(folder, { owner: process.pid, pid, port: null })
  } catch (error) {
    // It has received no message yet, so it has not touched the folder that the other process uses.
    await stop()
    throw error
  }
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary)
  const problem = await requestStart(message, child)
  if (problem !== null) {
    await stop()
    throw new Error(`The embedded R2 did not become ready on ${folder}: ${problem}\n${log.tail()}`)
  }
  recordRunning(folder, { owner: process.pid, pid, port })
  child.unref()
  child.channel?.unref()
  return { endpoint, port, pid, logFile: log.file, exited, stop }
}

function requestStart(message: R2StartMessage, child: ChildProcess): Promise<string | null> {
  const answer = new Promise<string | null>((resolve) => {
    child.once('message', ({ problem }: R2StartResult) => resolve(problem))
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`))
    child.send(message)
  })
  return withTimeout(30_000, answer).catch(() => 'it did not answer within 30 seconds')
}

/** Closing the IPC channel makes the process dispose of Miniflare, which ends workerd. */
async function shutDown(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.ref()
  if (child.connected) child.disconnect()
  if (await resolvesWithin(5_000, exited)) return
  if (child.pid) signalIfThere(-child.pid, 'SIGKILL')
  await exited
}
