import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'

/** What a process has used since its start. */
export interface Usage {
  readonly cpuMicros: number
  readonly residentMb: number
  /** Number of statements sent to Postgres. */
  readonly statements: number
}

/** A server in its own process, which reports its usage over IPC on request. */
export interface MeasuredProcess extends AsyncDisposable {
  readonly port: number
  readonly pid: number
  usage(): Promise<Usage>
}

/** Starts a file of this folder, which reports its port with `reportUsage`. */
export async function startMeasured(file: string, env: Readonly<Record<string, string>>): Promise<MeasuredProcess> {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return {
    port,
    pid: child.pid ?? 0,
    async usage() {
      child.send('usage')
      const [usage] = (await once(child, 'message')) as [Usage]
      return usage
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

let statements = 0
const { query } = Client.prototype
Client.prototype.query = function counted(this: Client, ...args: unknown[]) {
  statements += 1
  return Reflect.apply(query, this, args)
} as typeof query

/** Called by the server's process when it listens. */
export function reportUsage(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const usage: Usage = {
      cpuMicros: user + system,
      residentMb: process.memoryUsage.rss() / 1_024 ** 2,
      statements,
    }
    process.send?.(usage)
  })
  process.once('SIGTERM', () => process.exit(0))
  process.send?.({ port })
}
