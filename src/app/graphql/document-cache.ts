import { type DocumentNode, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import type { Limits } from '../../config/limits.ts'
import type { RateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import type { RequestContext } from '../http/request-context.ts'
import { rateLimited } from './rate-limited.ts'

/** Our own operations have up to 850, the introspection of GraphiQL 1,900. */
const maxCharacters = 32 * 1024

const mostBytes = 64 * 1024 ** 2
/** Our own take up to 120 KB. A larger document is parsed each time, so that a few of them cannot evict many small ones. */
const mostBytesOfOne = 512 * 1024

/** Measured: 90 for a comment, 350 for a field, with what validation and cost computation keep. */
const bytesOfToken = 400

export interface DocumentCacheOptions {
  readonly limiter: RateLimiter
  readonly limits: Pick<Limits, 'documentsPerAddress'>
  /** Operations of our own front ends, which are not counted. */
  readonly ours: ReadonlySet<string>
}

/**
 * Parses and validates a document once and caches it. A document that is refused is not cached, as a flood of them would
 * evict valid ones. Parsing and validating a new document has no cost that any other limit counts, so it is counted here,
 * by address.
 */
export function cacheDocuments({ limiter, limits, ours }: DocumentCacheOptions): Plugin<object, RequestContext> {
  const cache = createDocumentCache()
  const valid = new WeakSet<DocumentNode>()
  // Counted by each process, as each has its own cache: after a deployment each parses the documents of a front end.
  const ofNew = { name: 'documents-of-address', ...limits.documentsPerAddress, isPerProcess: true }
  const count = async (address: string) => {
    const seconds = await limiter.take(ofNew, address)
    if (seconds !== null) throw rateLimited(ofNew, seconds)
  }
  return {
    // Synchronous where the document is cached, as in most requests. Yoga refuses a query that is not a string.
    onParams({ params: { query }, context }) {
      if (typeof query !== 'string' || cache.has(query) || ours.has(query)) return
      if (query.length > maxCharacters) throw tooLong(query.length)
      return count(context.address)
    },
    onParse({ params: { source }, setParsedDocument }) {
      const document = cache.get(String(source))
      if (document) setParsedDocument(document)
    },
    onValidate({ params: { documentAST }, context, setResult }) {
      if (valid.has(documentAST)) return setResult([])
      return ({ valid: isValid }) => {
        if (!isValid || !context.params.query) return
        valid.add(documentAST)
        cache.set(context.params.query, documentAST)
      }
    },
  }
}

/** Documents by their text, bounded by the memory that they take. */
export function createDocumentCache(): LRUCache<string, DocumentNode> {
  return new LRUCache({
    maxSize: mostBytes,
    maxEntrySize: mostBytesOfOne,
    sizeCalculation: (document, text) => 2 * text.length + bytesOfToken * tokensOf(document),
  })
}

/** Including comments, which `tokenCount` omits. */
function tokensOf({ loc }: DocumentNode): number {
  let tokens = 0
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens += 1
  return tokens
}

const tooLong = (asked: number) =>
  new GraphQLError(`The document has ${asked} characters; the maximum is ${maxCharacters}. Send values as variables.`, {
    extensions: {
      code: 'OPERATION_TOO_LARGE',
      limit: 'characters',
      allowed: maxCharacters,
      asked,
      http: { status: 400, spec: true },
    },
  })
