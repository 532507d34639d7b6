import { type ChildProcess, fork } from 'node:child_process'
import { closeSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { holdLeash } from './leash.ts'
import { openLog } from './open-log.ts'
import { signalIfThere } from './processes.ts'
import type { R2Answer, R2Order } from './r2-process.ts'
import { claimRunning, forgetRunning, recordRunning } from './running.ts'
import { settlesWithin } from './settles-within.ts'

export interface R2Server {
  readonly pid: number
  readonly port: number
  readonly endpoint: string
  readonly logFile: string
  readonly exited: Promise<void>
  readonly stop: () => Promise<void>
}

/** The program's file: with the data folder after it, what an embedded R2 is known by on its command line. */
export const r2Program = fileURLToPath(new URL('./r2-process.ts', import.meta.url))

/** Starts the process and waits until it answers. What it said is in the error when it does not. */
export async function launchR2(order: R2Order): Promise<R2Server> {
  const { folder, port, endpoint } = order
  const log = openLog(join(folder, 'r2.log'))
  const temporary = join(folder, 'tmp')
  const child = fork(r2Program, [folder], {
    cwd: folder,
    detached: true,
    // Nothing inherited: no proxy, no MINIFLARE_* and no NODE_OPTIONS of the developer's shell.
    env: { TMPDIR: temporary, PATH: '/usr/bin:/bin' },
    execArgv: [],
    stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
  })
  closeSync(log.descriptor)
  const { pid } = child
  if (pid === undefined) throw new Error('The embedded R2 did not start: there may be no room for another process.')
  const leash = holdLeash({ pid, signal: 'SIGTERM', group: true })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => {
    // workerd outlives a Node process that was killed; the group's number stays ours while it does.
    signalIfThere(-pid, 'SIGKILL')
    leash.release()
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
    // It has had no order yet, so it has touched nothing of the winner's.
    await stop()
    throw error
  }
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary)
  const problem = await answerTo(order, child)
  if (problem !== null) {
    await stop()
    throw new Error(`The embedded R2 did not get ready on ${folder}: ${problem}\n${log.tail()}`)
  }
  recordRunning(folder, { owner: process.pid, pid, port })
  child.unref()
  child.channel?.unref()
  return { endpoint, port, pid, logFile: log.file, exited, stop }
}

function answerTo(order: R2Order, child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve('it did not answer within 30 seconds'), 30_000)
    const settle = (problem: string | null) => {
      clearTimeout(late)
      resolve(problem)
    }
    child.once('message', (answer: R2Answer) => settle(answer.problem))
    child.once('error', (error) => settle(error.message))
    child.once('exit', (code, signal) => settle(`it ended with ${signal ?? code}`))
    child.send(order)
  })
}

/** Closing the channel is the order to end; Miniflare takes workerd along. */
async function shutDown(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.ref()
  if (child.connected) child.disconnect()
  if (await settlesWithin(5, exited)) return
  if (child.pid) signalIfThere(-child.pid, 'SIGKILL')
  await exited
}
