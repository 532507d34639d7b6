import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno, isPidInUse } from './processes.ts'
import { endOrphan, isMarked } from './running.ts'

export interface PostmasterPid {
  readonly pid: number
  readonly port: number
  /** Whether the server accepts connections. */
  readonly ready: boolean
}

/** Reads `postmaster.pid`; null if there is no such file or it is not complete yet. */
export function readPostmasterPid(cluster: string): PostmasterPid | null {
  const [pid, , , port, , , , status] = read(cluster)
  if (!pid || !Number.isInteger(Number(pid))) return null
  return { pid: Number(pid), port: Number(port ?? 0), ready: status?.trim() === 'ready' }
}

/** The argument that identifies a server process of this cluster: an option that Postgres ignores. */
export function clusterMarker(cluster: string): string {
  return `pacer.cluster=${cluster}`
}

/**
 * Prepares the cluster for a new server. Waits for an orphaned server of this cluster, then stops it. If the pid in the
 * pid file now belongs to another program (pids are reused, in containers soon), Postgres would refuse to start; the pid
 * is replaced by one that cannot exist. Removing the file would also remove the shared memory key, by which Postgres
 * detects backends that outlived their postmaster.
 */
export async function prepareCluster(folder: string, cluster: string): Promise<void> {
  const earlier = readPostmasterPid(cluster)
  if (!earlier) return
  const marker = clusterMarker(cluster)
  if (isMarked(earlier.pid, marker)) {
    await endOrphan({ folder, pid: earlier.pid, marker, signals: ['SIGINT', 'SIGQUIT'] })
  }
  const lines = read(cluster)
  if (lines[0] && isPidInUse(Number(lines[0]))) {
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
