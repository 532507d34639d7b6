import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'

/** The user and group that Postgres runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Postgres refuses to run as root, so root runs it as the owner of the cluster, or as `nobody` if there is no cluster
 * yet. Null means the current user. Throws if the cluster belongs to another user and this process is not root.
 */
export function postgresAccount(cluster: string): Account | null {
  const owner = statSync(cluster, { throwIfNoEntry: false })
  if (process.getuid?.() === 0) return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody()
  if (owner && owner.uid !== process.getuid?.()) {
    throw new Error(
      `${cluster} belongs to user ${owner.uid}, and Postgres only opens data of the user it runs as. ` +
        'Run as that user or as root, or choose another data folder.',
    )
  }
  return null
}

function nobody(): Account {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const result = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' })
    return result.status === 0 ? Number(result.stdout) : Number.NaN
  })
  if (uid === undefined || gid === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(
      'Postgres refuses to run as root, and there is no user `nobody` to run it as. ' +
        'Run as an ordinary user, or set DATABASE_URL to your own Postgres.',
    )
  }
  return { uid, gid }
}
