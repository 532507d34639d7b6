import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'

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
