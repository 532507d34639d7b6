import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'

export interface BreakingChange {
  /** Where: Type.field, Mutation.field.argument, Enum.VALUE or Type. */
  readonly path: string
  readonly message: string
}

/** The changes that can break a client which works with the released contract. */
export async function breakingChanges(released: string, current: string): Promise<BreakingChange[]> {
  const changes = await diff(buildSchema(released), buildSchema(current))
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ path, message }) => ({ path: path ?? message, message }))
}

/** Those that no `BREAKING` entry in the section Unreleased of the changelog names. */
export function unnamed(changes: readonly BreakingChange[], changelog: string): BreakingChange[] {
  const named = new Set(breakingEntries(changelog).flatMap((entry) => [...entry.matchAll(/`([^`]+)`/g)].map(nameIn)))
  return changes.filter(({ path }) => !namesOf(path).some((name) => named.has(name)))
}

const nameIn = ([, name = '']: RegExpExecArray) => name

/** The list items of the section Unreleased that begin with BREAKING. */
function breakingEntries(changelog: string): string[] {
  const section = changelog.split(/^## /m).find((text) => /^\[?unreleased/i.test(text)) ?? ''
  return section.split(/^[-*] /m).filter((item) => item.startsWith('BREAKING'))
}

const rootTypes = ['Query', 'Mutation', 'Subscription']

/** The names by which an entry may name a change: itself or what contains it; a root field also without its type. */
function namesOf(path: string): string[] {
  const parts = path.split('.')
  const names = parts.map((_, index) => parts.slice(0, index + 1).join('.'))
  const [type = '', ...inside] = parts
  if (!rootTypes.includes(type)) return names
  return [...names.slice(1), ...inside.map((_, index) => inside.slice(0, index + 1).join('.'))]
}
