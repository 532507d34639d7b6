import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Creates the folder of a lease, in which its video is made. The caller removes it. */
export type CreateWorkFolder = (lease: string) => Promise<string>

/**
 * Folders below `parent`, whose names begin with the id of this process. The first call removes those of processes that
 * have ended without doing so.
 */
export function workFoldersIn(parent: string): CreateWorkFolder {
  let cleaned: Promise<void> | undefined
  return async (lease) => {
    cleaned ??= removeLeft(parent)
    await cleaned
    const folder = join(parent, `${process.pid}-${lease}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return folder
  }
}

async function removeLeft(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  for (const name of names) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1])
    // A folder of another user's process cannot be removed, and another process may remove it first.
    if (pid > 0 && !isRunning(pid))
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
