import { constants } from 'node:fs'
import { access, mkdir, realpath } from 'node:fs/promises'

/** Makes the folder when missing and gives its real path, or says why it cannot be used. */
export async function openFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return await realpath(folder)
  } catch (cause) {
    throw new Error(`This user cannot write to the data folder ${folder}. Change its owner, or choose another one.`, {
      cause,
    })
  }
}
