import { isUtf8 } from 'node:buffer'
import type { GraphQLParams } from 'graphql-yoga'

/** The parameters, whose types Yoga checks, or what is wrong with the request. */
export type Read = { readonly params: GraphQLParams } | { readonly problem: string }

/** Reads a body. JSON allows no byte order mark. Members that GraphQL over HTTP does not define are ignored. */
export function readBodyText(body: Buffer): Read {
  if (!isUtf8(body)) return { problem: 'The request body is not valid UTF-8.' }
  const parsed = parseJson(body.toString())
  if (parsed === undefined) return { problem: 'The request body is not valid JSON.' }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { problem: 'The request body is not a JSON object.' }
  return { params: Object.fromEntries(Object.entries(parsed).filter(([name]) => parameters.has(name))) }
}

const parameters: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions', 'documentId'])

/** Reads the query of a URL, to which proxies and browsers may add parameters of their own. */
export function readSearch(search: URLSearchParams): Read {
  const params: Record<string, unknown> = {}
  for (const [name, text] of search) {
    if (!parameters.has(name)) continue
    if (name in params) return { problem: `The URL contains the parameter ${name} more than once.` }
    const isJson = name === 'variables' || name === 'extensions'
    const value = isJson && text ? parseJson(text) : text || undefined
    if (isJson && text && value === undefined) return { problem: '`variables` and `extensions` must be valid JSON.' }
    params[name] = value
  }
  return { params }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
