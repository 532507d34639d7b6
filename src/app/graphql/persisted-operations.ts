import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import { GraphQLError, parse, print, separateOperations } from 'graphql'
import type { Plugin } from 'graphql-yoga'

const folder = new URL('../../../operations/', import.meta.url)

/** Every operation of operations/*.graphql as graphql-js prints it, by the SHA-256 of that text. */
export function readManifest(): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  const documents = files.flatMap((name) =>
    Object.values(separateOperations(parse(readFileSync(new URL(name, folder), 'utf8')))).map(print),
  )
  return new Map(documents.map((document) => [createHash('sha256').update(document).digest('hex'), document]))
}

export interface Persisted {
  readonly only: boolean
  readonly manifest: ReadonlyMap<string, string>
}

/**
 * Takes an operation by its hash, as `extensions.persistedQuery.sha256Hash` (Apollo, urql) or as `documentId` (GraphQL
 * over HTTP). Where `only` those are taken, whoever sends a text is refused.
 */
export function persistedOperations({ only, manifest }: Persisted): Plugin {
  return usePersistedOperations({
    allowArbitraryOperations: !only,
    extractPersistedOperationId: (params) =>
      hashOf((params as { readonly documentId?: unknown }).documentId) ??
      hashOf((params.extensions?.persistedQuery as { readonly sha256Hash?: unknown } | undefined)?.sha256Hash),
    getPersistedOperation: (hash) => manifest.get(hash) ?? null,
    customErrors: {
      // The message is the one that Apollo's client looks for before it sends the text.
      notFound: () => refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND'),
      keyNotFound: () =>
        only
          ? refusal(onlyPersisted, 'PERSISTED_ONLY')
          : refusal('Send an operation as `query`, or its hash as `documentId`.', 'BAD_REQUEST'),
      persistedQueryOnly: () => refusal(onlyPersisted, 'PERSISTED_ONLY'),
    },
  })
}

const onlyPersisted = 'This server runs operations of its list only: send the hash of one, and no text.'

function hashOf(id: unknown): string | null {
  return typeof id === 'string' ? id.replace(/^sha256:/, '') : null
}

const refusal = (message: string, code: string) =>
  new GraphQLError(message, { extensions: { code, http: { status: 400, spec: true } } })
