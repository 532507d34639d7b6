import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { VariableName } from './variables.ts'
import { type Variable, variables } from './variables.ts'

/** What the environment says, under canonical names only; an empty value counts as not set. */
export type Environment = Readonly<Partial<Record<VariableName, string>>>

/**
 * The only reader of process.env. `.env` of the working directory fills in what is not set, under whichever name: an
 * alias that is set wins over the canonical name in the file.
 */
export function readEnvironment(): Environment {
  return { ...canonical(readFile()), ...canonical(process.env) }
}

function readFile(): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync('.env', 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}

/** Takes the canonical name of each variable, else the first alias that is set. */
export function canonical(source: Readonly<Record<string, string | undefined>>): Environment {
  const environment: Partial<Record<VariableName, string>> = {}
  for (const variable of variables as readonly (Variable & { name: VariableName })[]) {
    const names = [variable.name, ...(variable.aliases ?? [])]
    const value = names.map((name) => source[name]?.trim()).find(Boolean)
    if (value) environment[variable.name] = value
  }
  return environment
}
