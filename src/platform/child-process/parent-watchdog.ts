import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

export interface ParentWatchdog {
  /** The process has ended by itself: the watchdog ends, and signals nothing. */
  release(): void
}

export interface ParentWatchdogOptions {
  readonly pid: number
  /** Sent first; SIGKILL follows when the process still lives after `graceSeconds`. */
  readonly signal: NodeJS.Signals
  /** Signal the whole process group that `pid` leads. Default: false. */
  readonly group?: boolean
  /** Default: 10. Postgres's fast shutdown takes 0.02 s, a checkpoint on a slow disk some seconds. */
  readonly graceSeconds?: number
}

/*
 * The kernel closes our end of the pipe however this process ends, kill -9 included, and only then does `read` return
 * without an order. `kill -s X --` is the one spelling that dash, bash and busybox all take for a negative (group) id.
 */
const script = `
read -r order
[ "$order" = release ] && exit 0
kill -s "$2" -- "$1" 2>/dev/null || exit 0
waited=0
while [ "$waited" -lt "$3" ]; do
  sleep 1
  kill -s 0 -- "$1" 2>/dev/null || exit 0
  waited=$((waited + 1))
done
kill -s KILL -- "$1" 2>/dev/null
`

/**
 * Ends a process with this one: when this Node process ends for any reason, kill -9 included, a small detached shell
 * signals it. Spawn the process `detached` too, so that Ctrl-C in a terminal reaches only this one, which ends its children
 * in order. Costs one idle shell (about 1 MB); never keeps the event loop alive.
 */
export function startParentWatchdog({
  pid,
  signal,
  group = false,
  graceSeconds = 10,
}: ParentWatchdogOptions): ParentWatchdog {
  const target = String(group ? -pid : pid)
  const shell = spawn(
    '/bin/sh',
    ['-c', script, 'parent-watchdog', target, signal.replace(/^SIG/, ''), String(graceSeconds)],
    {
      cwd: '/',
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  shell.unref()
  // A watchdog that was killed must not end this process by an EPIPE.
  shell.stdin.on('error', () => undefined)
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  return { release: () => void shell.stdin.end('release\n') }
}
