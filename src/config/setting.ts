import type { z } from 'zod'

/**
 * One environment variable, defined once: `.env.example`, docs/configuration.md, the parsed value and the property of
 * `Settings` come from this definition.
 */
export interface Setting {
  /** Parses the text of the variable. Its error messages follow the variable's name and never contain the value. */
  readonly schema: z.ZodType<unknown, string>
  /** The text that is parsed when the variable is not set. Without a default the value is undefined. */
  readonly default?: string
  /** Production does not start without it. */
  readonly requiredInProduction?: true
  /** Whether the value must never be printed or logged. */
  readonly secret: boolean
  /** What it is, where its value is found, and what happens when it is not set. Printed when the variable is missing. */
  readonly description: string
  /** Other names of the variable, read when it is not set under its own. */
  readonly aliases?: readonly string[]
  /** The property of `Settings` that holds the parsed value, where the value is passed on as it is. */
  readonly property?: string
}

/** Variables under one heading of the docs. */
export interface SettingGroup {
  readonly title: string
  readonly settings: Readonly<Record<string, Setting>>
}
