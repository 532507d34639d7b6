import { readSettings, type Settings } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'

/** The settings, for commands that only development has; throws in production, before anything is loaded. */
export function developmentSettings(command: string): Settings {
  const environment = readEnvironment()
  if (environment.NODE_ENV === 'production') throw new Error(`\`${command}\` is for development; this is production.`)
  return readSettings(environment)
}
