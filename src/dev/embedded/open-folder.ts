import { constants } from 'node:fs'
import { access, mkdir, realpath } from 'node:fs/promises'

/** Creates the folder if it is missing and returns its real path. Throws if it is not writable. */
export async function openFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (cause) {
    throw new Error(`This user cannot write to the data folder ${folder}. Change its owner or choose another folder.`, {
      cause,
    })
  }
}
