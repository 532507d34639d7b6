import { type DocumentNode, GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import type { Limits } from '../../config/limits.ts'
import type { RateLimiter } from '../../platform/limits/rate-limiter.ts'
import type { RequestContext } from '../http/request-context.ts'
import { rateLimited } from './rate-limited.ts'

/** Ours have up to 850, GraphiQL's introspection 1,900. */
const maxCharacters = 32 * 1024

const mostBytes = 64 * 1024 ** 2
/** Ours take up to 120 KB. What is larger is parsed each time; so nobody's few large ones push out everybody's small ones. */
const mostBytesOfOne = 512 * 1024

/** 90 for a comment, 350 for a field, with what validation and cost leave behind. */
const bytesOfToken = 400

export interface Remembering {
  readonly limiter: RateLimiter
  readonly limits: Pick<Limits, 'documentsPerAddress'>
  /** Operations of our own front ends, which nobody has to pay for. */
  readonly ours: ReadonlySet<string>
}

/**
 * Parses and validates a document once, and remembers it as long as there is room. What is refused is not remembered: a
 * flood would push out what others ask for. To parse and validate what is not known is the one thing that costs a client
 * nothing else, so it is counted.
 */
export function rememberDocuments({ limiter, limits, ours }: Remembering): Plugin<object, RequestContext> {
  const known = createDocumentCache()
  const valid = new WeakSet<DocumentNode>()
  // What it protects is this process, and so is what it knows: after a deployment each one parses a front end's documents.
  const ofNew = { name: 'documents-of-address', ...limits.documentsPerAddress, isOfProcess: true }
  const count = async (address: string) => {
    const seconds = await limiter.take(ofNew, address)
    if (seconds !== null) throw rateLimited(ofNew, seconds)
  }
  return {
    // Waits for nothing where the document is known, as it is in most requests. Yoga refuses what is no text.
    onParams({ params: { query }, context }) {
      if (typeof query !== 'string' || known.has(query) || ours.has(query)) return
      if (query.length > maxCharacters) throw tooLong(query.length)
      return count(context.address)
    },
    onParse({ params: { source }, setParsedDocument }) {
      const document = known.get(String(source))
      if (document) setParsedDocument(document)
    },
    onValidate({ params: { documentAST }, context, setResult }) {
      if (valid.has(documentAST)) return setResult([])
      return ({ valid: isValid }) => {
        if (!isValid || !context.params.query) return
        valid.add(documentAST)
        known.set(context.params.query, documentAST)
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

/** With comments, which `tokenCount` leaves out. */
function tokensOf({ loc }: DocumentNode): number {
  let tokens = 0
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens += 1
  return tokens
}

const tooLong = (asked: number) =>
  new GraphQLError(`The document has ${asked} characters; ${maxCharacters} are allowed. Send values as variables.`, {
    extensions: {
      code: 'OPERATION_TOO_LARGE',
      limit: 'characters',
      allowed: maxCharacters,
      asked,
      http: { status: 400, spec: true },
    },
  })
