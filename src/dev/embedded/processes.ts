import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface ProcessInfo {
  /** The command line: the arguments joined by spaces. */
  readonly command: string
  readonly parent: number
}

/**
 * The command line and parent of a process; null if there is none. A zombie counts as none, since it only waits to be
 * reaped. Reads /proc on Linux, where slim images have no ps and where root in a container may read the command line of
 * another user's process but not its working directory.
 */
export function inspectProcess(pid: number): ProcessInfo | null {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

/** Whether the pid is in use, also by a zombie or a process of another user. */
export function isPidInUse(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

/** Sends a signal (to a group if negative). Returns false if there is no such process of this user. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // macOS returns EPERM for a group that has only zombies.
    if (isErrno(error, 'ESRCH', 'EPERM')) return false
    throw error
  }
}

/** Whether the error is a system error with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function fromProc(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The process name before it is in parentheses and may contain spaces and parentheses.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return null
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return { command, parent: Number(parent) }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return null
    throw error
  }
}

function fromPs(pid: number): ProcessInfo | null {
  const shown = spawnSync('ps', ['-ww', '-o', 'stat=,ppid=,command=', '-p', String(pid)], { encoding: 'utf8' })
  const match = /^\s*(\S+)\s+(\d+)\s+(.*)$/m.exec(shown.stdout ?? '')
  if (!match || match[1]?.startsWith('Z')) return null
  return { command: (match[3] ?? '').trim(), parent: Number(match[2]) }
}
