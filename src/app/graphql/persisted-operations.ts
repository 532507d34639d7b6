import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'

export interface Persisted {
  readonly only: boolean
  readonly manifest: ReadonlyMap<string, string>
}

/**
 * Accepts the hash of an operation in place of its document: in `extensions.persistedQuery.sha256Hash` (Apollo, urql) or
 * `documentId` (GraphQL over HTTP). With `only`, documents are refused.
 */
export function persistedOperations({ only, manifest }: Persisted): Plugin {
  return usePersistedOperations({
    allowArbitraryOperations: !only,
    extractPersistedOperationId: (params) =>
      hashOf((params as { readonly documentId?: unknown }).documentId) ??
      hashOf((params.extensions?.persistedQuery as { readonly sha256Hash?: unknown } | undefined)?.sha256Hash),
    getPersistedOperation: (hash) => manifest.get(hash) ?? null,
    customErrors: {
      // Apollo's client sends the document when it receives this message.
      notFound: () => refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND'),
      keyNotFound: () =>
        only
          ? refusal(onlyPersisted, 'PERSISTED_ONLY')
          : refusal('Send an operation as `query` or its hash as `documentId`.', 'BAD_REQUEST'),
      persistedQueryOnly: () => refusal(onlyPersisted, 'PERSISTED_ONLY'),
    },
  })
}

const onlyPersisted =
  'This server runs only the operations on its list. Send the hash of an operation instead of its text.'

function hashOf(id: unknown): string | null {
  return typeof id === 'string' ? id.replace(/^sha256:/, '') : null
}

const refusal = (message: string, code: string) =>
  new GraphQLError(message, { extensions: { code, http: { status: 400, spec: true } } })
