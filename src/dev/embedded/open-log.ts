import { fchownSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'

export interface Log {
  readonly file: string
  /** For the child process; close it here after the child was started. */
  readonly descriptor: number
  /** The last lines written since the log was opened. */
  tail(): string
}

/**
 * Opens the log of a child process for appending. A log above 1 MB is truncated. `owner` is the user that the child runs
 * as, if it is not this user.
 */
export function openLog(file: string, owner: { uid: number; gid: number } | null = null): Log {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const descriptor = openSync(file, size > 1_000_000 ? 'w' : 'a', 0o644)
  if (owner) fchownSync(descriptor, owner.uid, owner.gid)
  const start = fstatSync(descriptor).size
  const tail = () => readFileSync(file).subarray(start).toString().trim().split('\n').slice(-15).join('\n')
  return { file, descriptor, tail }
}
