import type { z } from 'zod'
import type { Setting, SettingGroup } from './setting.ts'
import { clerk } from './settings/clerk.ts'
import { credits } from './settings/credits.ts'
import { database } from './settings/database.ts'
import { jobs } from './settings/jobs.ts'
import { messages } from './settings/messages.ts'
import { observability } from './settings/observability.ts'
import { privacy } from './settings/privacy.ts'
import { r2 } from './settings/r2.ts'
import { revenueCat } from './settings/revenuecat.ts'
import { server } from './settings/server.ts'
import { videos } from './settings/videos.ts'

const groups = [
  server,
  database,
  jobs,
  clerk,
  revenueCat,
  r2,
  videos,
  messages,
  privacy,
  credits,
  observability,
] as const

/** Every environment variable that Pacer reads, in the order of the docs. */
export const settingGroups: readonly SettingGroup[] = groups

export interface NamedSetting extends Setting {
  readonly name: SettingName
  /** The title of its group. */
  readonly group: string
}

export const allSettings: readonly NamedSetting[] = settingGroups.flatMap(({ title, settings }) =>
  Object.entries(settings).map(([name, setting]) => ({ ...setting, name: name as SettingName, group: title })),
)

type Definitions = (typeof groups)[number]['settings']
type KeysOfEach<Union> = Union extends unknown ? keyof Union : never
export type SettingName = KeysOfEach<Definitions>
type Definition<Name extends SettingName> = Extract<Definitions, Readonly<Record<Name, Setting>>>[Name]

type ValueOf<Definition extends Setting> =
  | z.output<Definition['schema']>
  | (Definition extends { readonly default: string } ? never : undefined)

/** The parsed value of each variable. */
export type Values = { readonly [Name in SettingName]: ValueOf<Definition<Name>> }

type PropertyOf<Definition> = Definition extends { readonly property: infer Property extends string } ? Property : never

/** The values that are passed on as they are, under the `property` that their definition names. */
export type PlainSettings = { readonly [Name in SettingName as PropertyOf<Definition<Name>>]: Values[Name] }
