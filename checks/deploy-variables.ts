import { parse as parseToml } from 'smol-toml'
import { parseAllDocuments } from 'yaml'
import { allSettings } from '../src/config/settings.ts'

/** A file of ops/deploy, or a page of docs/deploy. */
export interface DeployFile {
  readonly path: string
  readonly text: string
}

/** A variable that a file sets for the process. The value is undefined where the host asks for it or stores it. */
export interface SetVariable {
  readonly name: string
  readonly value: string | undefined
}

const secrets = new Set(allSettings.flatMap(({ name, secret }): string[] => (secret ? [name] : [])))
const known = new Set<string>(allSettings.flatMap(({ name, aliases = [] }) => [name, ...aliases]))

/** Names in capitals that are no settings of Pacer. Each must occur in a file. */
export const otherNames: Readonly<Record<string, string>> = {
  NODE_OPTIONS: 'Node reads it.',
  GOOGLE_CLOUD_PROJECT: 'gcloud reads it, and Cloud Shell sets it.',
  MIN_INSTANCES: 'an option of setup.sh',
  SCHEDULE: 'an option of setup.sh',
  SERVICE_ACCOUNT: 'a placeholder of service.yaml',
  REGION: 'an option of setup.sh',
  IMAGE: 'a placeholder of service.yaml',
  API_HOST: 'server.env of the VPS',
  PACER_IMAGE: 'compose.yml reads it.',
  POSTGRES_PASSWORD: 'the image of Postgres reads it.',
  OWNER_PASSWORD: 'server.env of the VPS',
  APP_PASSWORD: 'server.env of the VPS',
  BACKUP_FOLDER: 'backup.sh reads it.',
  BACKUP_HOUR: 'backup.sh reads it.',
  BACKUP_DAYS: 'backup.sh reads it.',
  PGHOST: 'libpq reads it.',
  PGDATABASE: 'libpq reads it.',
  PGUSER: 'libpq reads it.',
  PGPASSWORD: 'libpq reads it.',
  BASH_REMATCH: 'a variable of bash',
  ON_ERROR_STOP: 'a variable of psql',
  ON_FAILURE: 'a value in railway.json',
  NEXT_PUBLIC_PACER_API: 'a variable of the front end',
  NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: 'Clerk reads it in the front end.',
}

/** The names in capitals with an underscore that are neither a setting nor in `otherNames`, with their lines. */
export function unknownNames({ text }: DeployFile): { name: string; line: number }[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w-])/g)]
        .map(([name]) => ({ name, line: index + 1 }))
        .filter(({ name }) => !known.has(name) && !(name in otherNames)),
    )
}

/** The variables that a YAML, TOML or env file sets. Throws if the file cannot be read. */
export function variablesIn({ path, text }: DeployFile): SetVariable[] {
  if (path.endsWith('.json')) {
    JSON.parse(text)
    return []
  }
  if (path.endsWith('.toml')) return ofMap(parseToml(text).env)
  if (/\.ya?ml$/.test(path)) {
    return parseAllDocuments(text, { merge: true }).flatMap((document) => {
      if (document.errors[0]) throw document.errors[0]
      return inYaml(document.toJS())
    })
  }
  if (path.endsWith('.env.example')) {
    return [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => ({ name, value }))
  }
  return []
}

/** Variables that a file sets and that are not settings, and secrets that a file contains. A sentence for each. */
export function problemsOf(file: DeployFile): string[] {
  return variablesIn(file).flatMap(({ name, value = '' }) => {
    if (!known.has(name) && !(name in otherNames)) return [`${name} is not a setting.`]
    const isLiteral = value !== '' && !value.includes('${')
    return secrets.has(name) && isLiteral ? [`${name} is secret: its value must not be in the file.`] : []
  })
}

/** The settings that production requires and that none of the files names. */
export function missingNames(files: readonly DeployFile[]): string[] {
  const texts = files.map(({ text }) => text).join('\n')
  return allSettings.flatMap(({ name, aliases = [], requiredInProduction }) => {
    const isNamed = [name, ...aliases].some((each) => new RegExp(`(?<!\\w)${each}(?!\\w)`).test(texts))
    return requiredInProduction && !isNamed ? [name] : []
  })
}

/** Reads `env`, `envVars` and `environment` wherever they are: lists of names and values, or maps. */
function inYaml(node: unknown): SetVariable[] {
  if (Array.isArray(node)) return node.flatMap(inYaml)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) =>
    ['env', 'envVars', 'environment'].includes(key)
      ? Array.isArray(value)
        ? value.map(ofEntry)
        : ofMap(value)
      : inYaml(value),
  )
}

function ofEntry(entry: { name?: string; key?: string; value?: unknown }): SetVariable {
  return { name: entry.name ?? entry.key ?? '', value: textOf(entry.value) }
}

function ofMap(map: unknown): SetVariable[] {
  return Object.entries(map ?? {}).map(([name, value]) => ({ name, value: textOf(value) }))
}

const textOf = (value: unknown) => (value === undefined || value === null ? undefined : String(value))
