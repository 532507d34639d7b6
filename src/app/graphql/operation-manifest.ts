import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { type DocumentNode, Kind, type OperationDefinitionNode, parse, print, separateOperations, visit } from 'graphql'
import type { Manifest } from './client-manifests.ts'
import { withTypenames } from './typename-fields.ts'

const folder = new URL('../../../operations/', import.meta.url)

/** The documents in operations/*.graphql: the operations of our own front ends. */
function readDocuments(): DocumentNode[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return files.map((name) => parse(readFileSync(new URL(name, folder), 'utf8')))
}

/** Each operation with the fragments that it uses. */
function readOperations(): DocumentNode[] {
  return readDocuments().flatMap((document) => Object.values(separateOperations(withoutDescriptions(document))))
}

/** Descriptions are for readers: clients that print an operation do not send them, and older parsers refuse them. */
function withoutDescriptions(document: DocumentNode): DocumentNode {
  return visit(document, {
    enter: (node) =>
      'description' in node && node.description !== undefined ? { ...node, description: undefined } : undefined,
  })
}

/** The names of these operations. */
export function readKnownOperations(): ReadonlySet<string> {
  return new Set(readOperations().flatMap((document) => definitionOf(document)?.name?.value ?? []))
}

/** The text of each operation as graphql-js prints it, by its SHA-256. */
export function readManifest(): Manifest {
  return new Map(readOperations().map((document) => entryOf(print(document))))
}

/** The texts of our operations as clients send them, by their SHA-256: as they are, with `__typename`, and as urql prints them. */
export function readSentTexts(): Manifest {
  const texts = readOperations().flatMap((document) => {
    const printed = [print(document), print(withTypenames(document))]
    return [...printed, ...printed.map(asUrqlPrints)]
  })
  return new Map(texts.map(entryOf))
}

export const manifestFormats = ['apollo', 'relay', 'client-preset'] as const

/** Our operations in the format of the manifest that a client library reads. */
export function formatManifest(format: (typeof manifestFormats)[number]): object {
  if (format !== 'apollo') return Object.fromEntries(readManifest())
  const operations = readOperations().map((document) => {
    const [id, body] = entryOf(print(withTypenames(document)))
    const operation = definitionOf(document)
    return { id, name: operation?.name?.value ?? '', type: operation?.operation ?? 'query', body }
  })
  return { format: 'apollo-persisted-query-manifest', version: 1, operations }
}

const entryOf = (text: string): [hash: string, text: string] => [sha256(text), text]

/** The hash that clients send in place of a text. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function definitionOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
}

/** @urql/core's stringifyDocument: outside of strings, it replaces each run of line breaks by one. */
function asUrqlPrints(text: string): string {
  return text
    .split(/("{3}[\s\S]*"{3}|"(?:\\.|[^"])*")/g)
    .map((part, index) => (index % 2 === 0 ? part.replace(/[\r\n]+/g, '\n') : part))
    .join('')
    .trim()
}
