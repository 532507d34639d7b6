import type { Environment } from './env.ts'
import { allSettings, type NamedSetting, type PlainSettings, type Values } from './settings.ts'

export interface ParsedValues {
  /** Complete where there are no problems. */
  readonly values: Values
  /** A sentence per problem. None contains the value: it may be a secret in the wrong variable. */
  readonly problems: readonly string[]
}

/** Parses every variable, or its default where it is not set. */
export function parseValues(environment: Environment): ParsedValues {
  const parsed = allSettings.map((setting) => ({ setting, ...parseValue(setting, environment) }))
  return {
    values: Object.fromEntries(parsed.map(({ setting, value }) => [setting.name, value])) as unknown as Values,
    problems: parsed.flatMap(({ problems }) => problems),
  }
}

/** Whether NODE_ENV is production; works where other variables are missing or wrong. */
export function isProduction(environment: Environment): boolean {
  return parseValues(environment).values.NODE_ENV === 'production'
}

/** Those values that `Settings` has as they are. */
export function plainSettings(values: Values): PlainSettings {
  return Object.fromEntries(
    allSettings.flatMap(({ name, property }) => (property ? [[property, values[name]]] : [])),
  ) as unknown as PlainSettings
}

function parseValue({ name, schema, default: fallback }: NamedSetting, environment: Environment) {
  const text = environment[name] ?? fallback
  if (text === undefined) return { value: undefined, problems: [] }
  const { success, data, error } = schema.safeParse(text)
  if (success) return { value: data, problems: [] }
  const problems = error.issues.map(({ path: [entry], message }) => {
    const place = typeof entry === 'number' ? `entry ${entry + 1} ` : ''
    return `${name}: ${place}${message}.`
  })
  return { value: undefined, problems }
}
