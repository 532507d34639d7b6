import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { inspectProcess, isErrno } from './processes.ts'

export interface FolderOnce {
  readonly folder: string
  /** A file that a complete folder has. */
  readonly requiredFile: string
  fill(temporary: string): Promise<void>
}

/**
 * Creates a folder completely or not at all: it is filled under a temporary name and renamed. Of several concurrent
 * processes exactly one succeeds, since renaming onto a folder that is not empty fails, and all use its folder. The next
 * call removes the temporary folder of a killed process.
 */
export async function makeFolderOnce({ folder, requiredFile, fill }: FolderOnce): Promise<void> {
  if (existsSync(join(folder, requiredFile))) return
  await removeLeftovers(folder)
  const temporary = await mkdtemp(`${folder}.making-${process.pid}-`)
  try {
    await fill(temporary)
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
  if (!existsSync(join(folder, requiredFile))) {
    throw new Error(`${folder} exists without ${requiredFile}, so it is incomplete. Move it away and start again.`)
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.making-`
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix)) continue
    const owner = Number(name.slice(prefix.length).split('-')[0])
    if (inspectProcess(owner)) continue
    // A child of the killed process may still be writing; then the next start removes it.
    await rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }
}
