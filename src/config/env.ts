import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { allSettings, type SettingName } from './settings.ts'
import { unquote } from './unquote.ts'

/** The texts of the variables that are set, under their canonical names. An empty value counts as not set. */
export type Environment = Readonly<Partial<Record<SettingName, string>>>

/*
 * This file is the only reader of process.env.
 */

/**
 * The file `.env` of the working directory supplies variables that are not set. An alias
 * in process.env overrides the canonical name in the file.
 */
export function readEnvironment(): Environment {
  return { ...canonical(readFile()), ...canonical(process.env) }
}

/** The folders in which programs are found; not a setting of Pacer. */
export function readSearchPath(): string {
  return process.env.PATH ?? ''
}

function readFile(): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync('.env', 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Each variable under its canonical name, else from its first alias that is set; without whitespace and quotes around it. */
export function canonical(source: Readonly<Record<string, string | undefined>>): Environment {
  const environment: Partial<Record<SettingName, string>> = {}
  for (const { name, aliases = [] } of allSettings) {
    const value = [name, ...aliases].map((each) => unquote(source[each] ?? '')).find(Boolean)
    if (value) environment[name] = value
  }
  return environment
}
