import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { type DocumentNode, Kind, parse, print, separateOperations } from 'graphql'

const folder = new URL('../../../operations/', import.meta.url)

/** The documents in operations/*.graphql: the operations of our own front ends. */
function readDocuments(): DocumentNode[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return files.map((name) => parse(readFileSync(new URL(name, folder), 'utf8')))
}

/** The names of these operations. */
export function readKnownOperations(): ReadonlySet<string> {
  const definitions = readDocuments().flatMap((document) => document.definitions)
  return new Set(
    definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && definition.name ? [definition.name.value] : [],
    ),
  )
}

/** The text of each operation as graphql-js prints it, by its SHA-256. */
export function readManifest(): ReadonlyMap<string, string> {
  const documents = readDocuments().flatMap((document) => Object.values(separateOperations(document)).map(print))
  return new Map(documents.map((document) => [createHash('sha256').update(document).digest('hex'), document]))
}
