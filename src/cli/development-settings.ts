import { readSettings, type Settings } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'
import { isProduction } from '../config/parse-values.ts'

/** Reads the settings for a command that exists in development only. Throws in production, before anything is loaded. */
export function developmentSettings(command: string): Settings {
  const environment = readEnvironment()
  if (isProduction(environment)) {
    throw new Error(`\`${command}\` is for development and does not run with NODE_ENV=production.`)
  }
  return readSettings(environment)
}
