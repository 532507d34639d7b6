import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Creates the folder of a lease. Its name begins with the id of this process. */
export async function createWorkFolder(parent: string, lease: string): Promise<string> {
  const folder = join(parent, `${process.pid}-${lease}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Removes what processes left that have ended without doing so themselves. */
export async function cleanWorkFolder(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => [])
  for (const name of names) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1])
    if (pid > 0 && !isRunning(pid)) await rm(join(parent, name), { recursive: true, force: true })
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
