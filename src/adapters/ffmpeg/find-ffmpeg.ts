import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

export interface FfmpegLocation {
  /** FFMPEG_PATH: the only program that is tried where it is set. */
  readonly ffmpegPath: string | null
  /** The PATH of this process; the child process gets none of it. */
  readonly searchPath: string
}

/**
 * The absolute path of the program: that of the configuration, else the first of the search path, else that of the
 * development package @ffmpeg-installer/ffmpeg, which production does not install. Throws where there is none.
 */
export async function findFfmpeg({ ffmpegPath, searchPath }: FfmpegLocation): Promise<string> {
  if (ffmpegPath !== null) {
    if (await isProgram(ffmpegPath)) return ffmpegPath
    throw new Error(`FFMPEG_PATH is ${ffmpegPath}, which is no program that this process may run.`)
  }
  for (const folder of searchPath.split(delimiter)) {
    const path = join(folder, 'ffmpeg')
    if (isAbsolute(path) && (await isProgram(path))) return path
  }
  const installed = await findInstalled()
  if (installed !== null && (await isProgram(installed))) return installed
  throw new Error('There is no ffmpeg on the PATH. Install it (apt-get install ffmpeg), or set FFMPEG_PATH.')
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** The package is looked up by a name that no import rule sees, since production works without it. */
async function findInstalled(): Promise<string | null> {
  const name = '@ffmpeg-installer/ffmpeg'
  try {
    const installer: { readonly default?: { readonly path?: unknown } } = await import(name)
    const path = installer.default?.path
    return typeof path === 'string' ? path : null
  } catch {
    return null
  }
}
