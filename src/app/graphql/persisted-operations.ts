import { GraphQLError } from 'graphql'
import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import type { Limits } from '../../config/limits.ts'
import type { Manifest } from './client-manifests.ts'
import { sha256 } from './operation-manifest.ts'

export interface Persisted {
  readonly only: boolean
  /** The operations of this repository and of the manifests of clients. */
  readonly manifest: Manifest
  readonly limits: Pick<Limits, 'registeredDocumentBytes'>
}

/**
 * Accepts the id of an operation in place of its document: in `extensions.persistedQuery.sha256Hash` (Apollo, urql) or
 * `documentId` (GraphQL over HTTP). A hash that is not in the manifest is registered by a request with hash and document
 * (automatic persisted queries), after the document was validated.
 *
 * With `only`, nothing is registered, and documents are refused unless the manifest has the same text: a client that is
 * told that persisted queries are not supported sends the texts of all its operations from then on.
 */
export function persistedOperations({ only, manifest, limits }: Persisted): Plugin {
  const texts: ReadonlySet<string> = new Set(manifest.values())
  const registered = new LRUCache<string, string>({
    maxSize: limits.registeredDocumentBytes,
    sizeCalculation: (text) => 2 * text.length,
  })

  const textOf = (id: string): string | undefined =>
    manifest.get(id) ?? manifest.get(id.replace(/^sha256:/, '')) ?? registered.get(id)

  return {
    onParams({ params, setParams }) {
      const hash = hashOf(params)
      const { query } = params
      if (query) {
        if (only && !texts.has(query)) throw refusal(onlyPersisted, 'PERSISTED_ONLY')
        // Yoga refuses a query that is not a string.
        if (hash !== null && typeof query === 'string' && !isHashOf(hash, query)) {
          throw refusal('The hash is not the SHA-256 of the document.', 'PERSISTED_QUERY_HASH_MISMATCH')
        }
        return
      }
      const id = documentIdOf(params) ?? hash
      if (id === null) {
        throw only
          ? refusal(onlyPersisted, 'PERSISTED_ONLY')
          : refusal('Send an operation as `query` or its hash as `documentId`.', 'BAD_REQUEST')
      }
      const text = textOf(id)
      if (text === undefined) {
        throw only && hash !== null
          ? refusal('PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED')
          : refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND')
      }
      const { operationName, variables, extensions } = params
      setParams({ query: text, operationName, variables, extensions })
    },
    onValidate({ context }) {
      const { query } = context.params
      const hash = hashOf(context.params)
      if (only || hash === null || !query || manifest.has(hash) || registered.has(hash)) return
      return ({ valid }) => {
        if (valid) registered.set(hash, query)
      }
    },
  }

  function isHashOf(hash: string, query: string): boolean {
    return manifest.get(hash) === query || registered.get(hash) === query || sha256(query) === hash
  }
}

const onlyPersisted =
  'This server runs only the operations on its list. Send the hash of an operation instead of its text.'

function documentIdOf(params: GraphQLParams & { readonly documentId?: unknown }): string | null {
  return typeof params.documentId === 'string' ? params.documentId : null
}

function hashOf({ extensions }: GraphQLParams): string | null {
  const hash = (extensions?.persistedQuery as { readonly sha256Hash?: unknown } | null | undefined)?.sha256Hash
  return typeof hash === 'string' ? hash : null
}

const refusal = (message: string, code: string) =>
  new GraphQLError(message, { extensions: { code, http: { status: 400, spec: true } } })
