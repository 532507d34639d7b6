import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isErrno, lookAt } from './processes.ts'

export interface FolderOnce {
  readonly folder: string
  /** A file that a whole folder has. */
  readonly proof: string
  fill(temporary: string): Promise<void>
}

/**
 * Makes a folder whole or not at all: it is filled under a temporary name beside it and renamed. Of several processes
 * at once exactly one wins and all go on with the winner's (renaming onto a folder that is not empty fails). What a
 * killed process left under a temporary name is removed by the next one.
 */
export async function makeFolderOnce({ folder, proof, fill }: FolderOnce): Promise<void> {
  if (existsSync(join(folder, proof))) return
  await sweepLeftovers(folder)
  const temporary = await mkdtemp(`${folder}.making-${process.pid}-`)
  try {
    await fill(temporary)
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error
  }
  if (!existsSync(join(folder, proof))) {
    throw new Error(`${folder} exists but holds no ${proof}, so it is not whole. Move it away and start again.`)
  }
}

async function sweepLeftovers(folder: string): Promise<void> {
  const prefix = `${basename(folder)}.making-`
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix)) continue
    const maker = Number(name.slice(prefix.length).split('-')[0])
    if (lookAt(maker)) continue
    // The maker's last child may still be writing into it for a moment; then the next start sweeps.
    await rm(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }
}
