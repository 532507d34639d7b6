import { spawn } from 'node:child_process'
import { chown, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startParentWatchdog } from '../../platform/child-process/parent-watchdog.ts'
import { makeFolderOnce } from './make-folder-once.ts'
import type { Account } from './postgres-account.ts'

/** The environment is not inherited, so that PGPORT or PGOPTIONS of the developer's shell have no effect. */
export const postgresEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/**
 * The path of the data folder for Postgres. With a project below root's home folder (mode 0700), the user `nobody` cannot
 * traverse the path. The process is therefore started with the cluster as its working directory, which is entered as
 * root, and /proc/self/cwd refers to it without resolving the path. The data stay in the project.
 */
export function dataArgument(cluster: string, account: Account | null): string {
  return account !== null && process.platform === 'linux' ? '/proc/self/cwd' : cluster
}

/**
 * Creates the database cluster if it is missing (1.2 s). initdb works in a temporary folder and ends with this process,
 * so that a kill -9 leaves no incomplete cluster.
 */
export async function makeCluster(cluster: string, initdb: string, account: Account | null): Promise<void> {
  await makeFolderOnce({
    folder: cluster,
    requiredFile: 'PG_VERSION',
    fill: async (temporary) => {
      if (account) await chown(temporary, account.uid, account.gid)
      await runInitdb(initdb, temporary, account)
    },
  })
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version !== '18') {
    throw new Error(
      `${cluster} was created by PostgreSQL ${version}, and this is 18. Move it away to create a new one.`,
    )
  }
}

async function runInitdb(initdb: string, folder: string, account: Account | null): Promise<void> {
  const locale =
    process.platform === 'linux'
      ? ['--locale=C.UTF-8']
      : // Other systems may not have C.UTF-8; Postgres's builtin provider sorts the same.
        ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  // Without syncing each file it takes 0.96 s instead of 1.31 s. The server syncs what it writes from its first start on.
  const fixed = ['--encoding=UTF8', '-A', 'trust', '-U', 'postgres', '--no-instructions', '--no-sync']
  const child = spawn(initdb, ['-D', dataArgument(folder, account), ...locale, ...fixed], {
    ...account,
    cwd: folder,
    detached: true,
    env: postgresEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watchdog = child.pid ? startParentWatchdog({ pid: child.pid, signal: 'SIGKILL', group: true }) : null
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => watchdog?.release())
  if (/could not look up effective user ID/.test(output)) throw new Error(explainUnnamedUser(account))
  if (code !== 0) throw new Error(`initdb could not create ${folder}. Its output:\n${output.trim().slice(-2000)}`)
}

/** initdb asks the system for the name of its user, which containers that run as any uid do not have. */
function explainUnnamedUser(account: Account | null): string {
  const uid = account?.uid ?? process.getuid?.()
  return (
    `The user ${uid} has no entry in /etc/passwd, and initdb of the embedded Postgres needs one. Add one ` +
    `(echo 'pacer:x:${uid}:0::/tmp:/bin/sh' >> /etc/passwd), run as another user, or set DATABASE_URL to your own Postgres.`
  )
}
