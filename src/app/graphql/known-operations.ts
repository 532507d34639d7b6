import { readdirSync, readFileSync } from 'node:fs'
import { Kind, parse } from 'graphql'

const folder = new URL('../../../operations/', import.meta.url)

/** The names of the operations in operations/*.graphql: those of our own front ends. */
export function readKnownOperations(): ReadonlySet<string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return new Set(files.flatMap((name) => namesIn(readFileSync(new URL(name, folder), 'utf8'))))
}

function namesIn(source: string): string[] {
  return parse(source).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
  )
}
