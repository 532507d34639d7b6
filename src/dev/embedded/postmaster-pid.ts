import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno, isTaken } from './processes.ts'
import { endOrphan, isMarked } from './running.ts'

export interface PostmasterPid {
  readonly pid: number
  readonly port: number
  /** It accepts connections. */
  readonly ready: boolean
}

/** What the server says of itself in `postmaster.pid`; null when there is no such file, or not a whole one yet. */
export function readPostmasterPid(cluster: string): PostmasterPid | null {
  const [pid, , , port, , , , status] = read(cluster)
  if (!pid || !Number.isInteger(Number(pid))) return null
  return { pid: Number(pid), port: Number(port ?? 0), ready: status?.trim() === 'ready' }
}

/** The argument by which a postgres of this cluster is known: an option that Postgres itself makes nothing of. */
export function clusterMarker(cluster: string): string {
  return `pacer.cluster=${cluster}`
}

/**
 * Makes room for a new server. An orphan of this cluster is waited for, then stopped. A pid file whose pid now
 * belongs to any other program (pids repeat after a reboot, and soon in a container) would make Postgres refuse to
 * start: its pid is replaced by one that cannot be. Removing the file instead would also remove its shared memory key,
 * by which Postgres notices backends that outlived their postmaster.
 */
export async function clearTheWay(folder: string, cluster: string): Promise<void> {
  const left = readPostmasterPid(cluster)
  if (!left) return
  const marker = clusterMarker(cluster)
  if (isMarked(left.pid, marker)) {
    await endOrphan({ folder, pid: left.pid, marker, signals: ['SIGINT', 'SIGQUIT'] })
  }
  const lines = read(cluster)
  if (lines[0] && isTaken(Number(lines[0]))) {
    writeFileSync(join(cluster, 'postmaster.pid'), ['2147483647', ...lines.slice(1)].join('\n'))
  }
}

function read(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
