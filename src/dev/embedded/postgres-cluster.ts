import { spawn } from 'node:child_process'
import { chown, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { holdLeash } from './leash.ts'
import { makeFolderOnce } from './make-folder-once.ts'
import type { Account } from './postgres-account.ts'

/** Nothing of ours is inherited: a PGPORT or PGOPTIONS of the developer's shell must not reach this Postgres. */
export const postgresEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * How Postgres is told where its data are. Root may keep a project below a 0700 home that `nobody` cannot traverse.
 * The process is started with the cluster as its working directory, entered while still root, and /proc/self/cwd leads
 * there without walking the path. So the data stay in the project and nothing is mounted or moved.
 */
export function dataArgument(cluster: string, account: Account | null): string {
  return account !== null && process.platform === 'linux' ? '/proc/self/cwd' : cluster
}

/**
 * Makes the database cluster, once: 1.2 s. A kill -9 in the middle leaves nothing half made: initdb works in a
 * temporary sibling, on a leash of its own.
 */
export async function makeCluster(cluster: string, initdb: string, account: Account | null): Promise<void> {
  await makeFolderOnce({
    folder: cluster,
    proof: 'PG_VERSION',
    fill: async (temporary) => {
      if (account) await chown(temporary, account.uid, account.gid)
      await runInitdb(initdb, temporary, account)
    },
  })
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version !== '18') {
    throw new Error(`${cluster} was made by PostgreSQL ${version}, and this is 18. Move it away to start afresh.`)
  }
}

async function runInitdb(initdb: string, folder: string, account: Account | null): Promise<void> {
  const locale =
    process.platform === 'linux'
      ? ['--locale=C.UTF-8']
      : // Elsewhere the C library may not know C.UTF-8; Postgres's own sorts the same.
        ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const fixed = ['--encoding=UTF8', '-A', 'trust', '-U', 'postgres', '--no-instructions']
  const child = spawn(initdb, ['-D', dataArgument(folder, account), ...locale, ...fixed], {
    ...account,
    cwd: folder,
    detached: true,
    env: postgresEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const leash = child.pid ? holdLeash({ pid: child.pid, signal: 'SIGKILL', group: true }) : null
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => leash?.release())
  if (code !== 0) throw new Error(`initdb could not make ${folder}. Its last words:\n${output.trim().slice(-2000)}`)
}
