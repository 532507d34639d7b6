import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspectProcess, isErrno, signalIfThere } from './processes.ts'

/** The process that uses a data folder, recorded in `running.json`, so that the next start can detect an orphan. */
export interface Running {
  /** The Node process that started it. */
  readonly owner: number
  readonly pid: number
  /** Null until the process is ready. */
  readonly port: number | null
}

/** The data folder is in use by another live process. */
export class DataFolderInUse extends Error {
  /** Null if that process has just ended. */
  readonly owner: number | null

  constructor(folder: string, owner: number | null) {
    super(
      owner === process.pid
        ? `${folder} is in use by this process. Stop what it started there, or choose another data folder.`
        : `${folder} is in use by process ${owner ?? '(ended)'}. Stop that process, or choose another data folder.`,
    )
    this.owner = owner
  }
}

/** Replaces the record. Only for a process that uses the folder already. */
export function recordRunning(folder: string, running: Running): void {
  renameSync(writeAside(folder, running), join(folder, 'running.json'))
}

/** Creates the record. Throws DataFolderInUse if there is one: of several concurrent calls exactly one succeeds. */
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

/** Removes the record if it is of this pid. */
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

/** Whether the command line of the process has the arguments `marker`. Pids are reused, markers are not. */
export function isMarked(pid: number, marker: string): boolean {
  return ` ${inspectProcess(pid)?.command ?? ''} `.includes(` ${marker} `)
}

export interface Orphan {
  readonly folder: string
  readonly pid: number
  readonly marker: string
  /** Sent one after the other, each after five seconds of waiting. */
  readonly signals: readonly NodeJS.Signals[]
}

/**
 * Waits until a process whose owner has ended is ended by its watchdog, which takes some tenths of a second, and signals
 * it if it stays. Never signals a process without the marker. Throws DataFolderInUse if its owner is alive.
 */
export async function endOrphan({ folder, pid, marker, signals }: Orphan): Promise<void> {
  for (const signal of [null, ...signals]) {
    if (signal) signalIfThere(pid, signal)
    for (const deadline = Date.now() + 5000; Date.now() < deadline; await sleep(20)) {
      if (!isMarked(pid, marker)) return
      throwIfOwned(folder, pid)
    }
  }
  throw new Error(`The orphaned process ${pid} on ${folder} does not end. Stop it by hand: kill -9 ${pid}.`)
}

/** The parent of an orphan is init or a subreaper, so the parent is the owner only while the owner is alive. */
function throwIfOwned(folder: string, pid: number): void {
  const running = readRunning(folder)
  const parent = inspectProcess(pid)?.parent
  if (parent === undefined) return
  if (parent === process.pid || (running?.pid === pid && running.owner === parent)) {
    throw new DataFolderInUse(folder, parent)
  }
}
