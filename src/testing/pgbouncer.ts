import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePort } from '../dev/embedded/free-port.ts'
import { postgresAccount } from '../dev/embedded/postgres-account.ts'
import { runtimeLogin } from '../dev/embedded/runtime-login.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Host and port of the pooler before the test run's Postgres; undefined if the run has none. */
    readonly pooler?: string
  }
}

/** Starts PgBouncer in transaction mode before the test run's Postgres. Tests then connect through it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { port: serverPort } = new URL(project.getProvidedContext().postgresUrl)
  const folder = await mkdtemp(join(tmpdir(), 'pacer-pgbouncer-'))
  await chmod(folder, 0o755)
  const port = await freePort()
  const users = join(folder, 'users.txt')
  await writeFile(users, `"${runtimeLogin}" ""\n`)
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, settings({ port, serverPort, users }))
  const child = spawn('pgbouncer', [file], { ...postgresAccount(folder), stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
    child.emit('output')
  })
  const ended = once(child, 'close').then(() => child.emit('output'))
  ended.catch(() => undefined)
  while (!output.includes('process up')) {
    await once(child, 'output')
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start:\n${output}`)
  }
  project.provide('pooler', `127.0.0.1:${port}`)
  return async () => {
    child.kill('SIGINT')
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
}

const settings = ({ port, serverPort, users }: { port: number; serverPort: string; users: string }) => `
[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 10
server_idle_timeout = 30
`
