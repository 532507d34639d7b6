import { fchownSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'

export interface Log {
  readonly file: string
  /** To be given to a child, and closed here then. */
  readonly descriptor: number
  /** The last lines since it was opened. */
  tail(): string
}

/**
 * Opens a child's log for appending; one that has grown above 1 MB starts afresh. `owner`: whoever shall be able to
 * go on with it, when that is not this user.
 */
export function openLog(file: string, owner: { uid: number; gid: number } | null = null): Log {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const descriptor = openSync(file, size > 1_000_000 ? 'w' : 'a', 0o644)
  if (owner) fchownSync(descriptor, owner.uid, owner.gid)
  const start = fstatSync(descriptor).size
  const tail = () => readFileSync(file).subarray(start).toString().trim().split('\n').slice(-15).join('\n')
  return { file, descriptor, tail }
}
