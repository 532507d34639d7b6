import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Seen {
  /** The command line, its arguments joined by spaces. */
  readonly command: string
  readonly parent: number
}

/**
 * What the system says about a process, or null when there is none (a zombie counts as none: it only waits for its
 * parent to notice). Reads /proc on Linux, where slim images have no ps and where root in a container may read the
 * command line of another user's process but not its working directory.
 */
export function lookAt(pid: number): Seen | null {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

/** Whether the pid is taken, by a zombie or somebody else's process too. */
export function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

/** Sends a signal (to a group when negative); false when there is no such process of ours any more. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    // macOS answers EPERM for a group of which only zombies are left.
    if (isErrno(error, 'ESRCH', 'EPERM')) return false
    throw error
  }
}

/** Whether it is a system error with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function fromProc(pid: number): Seen | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it is in parentheses and may hold spaces and parentheses of its own.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return null
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
    return { command, parent: Number(parent) }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return null
    throw error
  }
}

function fromPs(pid: number): Seen | null {
  const shown = spawnSync('ps', ['-ww', '-o', 'stat=,ppid=,command=', '-p', String(pid)], { encoding: 'utf8' })
  const match = /^\s*(\S+)\s+(\d+)\s+(.*)$/m.exec(shown.stdout ?? '')
  if (!match || match[1]?.startsWith('Z')) return null
  return { command: (match[3] ?? '').trim(), parent: Number(match[2]) }
}
