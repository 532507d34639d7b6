import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isErrno, lookAt, signalIfThere } from './processes.ts'

/** Who runs on a data folder: kept in its `running.json`, so that the next start can tell an orphan from a neighbour. */
export interface Running {
  /** The Node process that started it. */
  readonly owner: number
  readonly pid: number
  /** Null until it is known. */
  readonly port: number | null
}

/** The data folder is in use by another process that is alive and well. */
export class DataFolderInUse extends Error {
  /** Null when it ended in this moment. */
  readonly owner: number | null

  constructor(folder: string, owner: number | null) {
    super(
      owner === process.pid
        ? `${folder} is in use by this very process. Stop what was started on it first, or choose another data folder.`
        : `${folder} is in use by process ${owner ?? '(gone)'}. Stop that process, or choose another data folder.`,
    )
    this.owner = owner
  }
}

/** Replaces what was recorded: for whoever holds the folder already. */
export function recordRunning(folder: string, running: Running): void {
  renameSync(writeAside(folder, running), join(folder, 'running.json'))
}

/** Records only where nothing is recorded: of several at once one wins, and the others get DataFolderInUse. */
export function claimRunning(folder: string, running: Running): void {
  const temporary = writeAside(folder, running)
  try {
    linkSync(temporary, join(folder, 'running.json'))
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    throw new DataFolderInUse(folder, readRunning(folder)?.owner ?? null)
  } finally {
    rmSync(temporary)
  }
}

/** Removes the record of this pid; another's stays. */
export function forgetRunning(folder: string, pid: number): void {
  if (readRunning(folder)?.pid === pid) rmSync(join(folder, 'running.json'), { force: true })
}

function writeAside(folder: string, running: Running): string {
  const temporary = join(folder, `running.json.${running.pid}`)
  writeFileSync(temporary, `${JSON.stringify(running)}\n`)
  return temporary
}

export function readRunning(folder: string): Running | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'running.json'), 'utf8'))
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return null
    throw error
  }
}

/** Whether the process carries `marker` (whole arguments) on its command line: pids are reused, markers are not. */
export function isMarked(pid: number, marker: string): boolean {
  return ` ${lookAt(pid)?.command ?? ''} `.includes(` ${marker} `)
}

export interface Orphan {
  readonly folder: string
  readonly pid: number
  readonly marker: string
  /** Sent one after the other, each with its seconds of patience, when waiting was not enough. */
  readonly signals: readonly NodeJS.Signals[]
}

/**
 * Waits until what a dead owner left behind is gone; its leash needs some tenths of a second. What stays is
 * signalled. Never signals a process that does not carry the marker, nor one whose owner lives: that is refused with
 * DataFolderInUse.
 */
export async function endOrphan({ folder, pid, marker, signals }: Orphan): Promise<void> {
  for (const signal of [null, ...signals]) {
    if (signal) signalIfThere(pid, signal)
    for (const deadline = Date.now() + 5000; Date.now() < deadline; await sleep(20)) {
      if (!isMarked(pid, marker)) return
      refuseOwned(folder, pid)
    }
  }
  throw new Error(`Process ${pid}, left behind on ${folder}, does not end. Stop it by hand (kill -9 ${pid}).`)
}

/** An orphan has been handed to init or a subreaper, so its parent is its owner only while that one lives. */
function refuseOwned(folder: string, pid: number): void {
  const running = readRunning(folder)
  const parent = lookAt(pid)?.parent
  if (parent === undefined) return
  if (parent === process.pid || (running?.pid === pid && running.owner === parent)) {
    throw new DataFolderInUse(folder, parent)
  }
}
