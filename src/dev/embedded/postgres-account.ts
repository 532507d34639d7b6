import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'

/** The user and group that Postgres runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Postgres refuses to run as root, so root runs it as the owner of the cluster, or as `nobody` when there is no
 * cluster yet. Null: as ourselves. Throws when the cluster belongs to somebody else whom we cannot become.
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
    const answer = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' })
    return answer.status === 0 ? Number(answer.stdout) : Number.NaN
  })
  if (uid === undefined || gid === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw new Error(
      'Postgres refuses to run as root, and there is no user `nobody` to run it as. ' +
        'Run as an ordinary user, or set DATABASE_URL to a Postgres of your own.',
    )
  }
  return { uid, gid }
}
