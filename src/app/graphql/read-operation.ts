import { isUtf8 } from 'node:buffer'
import type { GraphQLParams } from 'graphql-yoga'

/** What Yoga checks further: whether each parameter is of its type. */
export type Read = { readonly params: GraphQLParams } | { readonly wrong: string }

/** The operation that a body asks for, or what is wrong with it. A byte order mark belongs to no JSON. */
export function readBodyText(body: Buffer): Read {
  if (!isUtf8(body)) return { wrong: 'The body is not UTF-8.' }
  const parsed = parseJson(body.toString())
  if (parsed === undefined) return { wrong: 'The body is no JSON.' }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { wrong: 'The body is no JSON object.' }
  return { params: parsed }
}

const parameters: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions', 'documentId'])

/** The same of an address, to which proxies and browsers may add parameters of their own. */
export function readSearch(search: URLSearchParams): Read {
  const params: Record<string, unknown> = {}
  for (const [name, text] of search) {
    if (!parameters.has(name)) continue
    if (name in params) return { wrong: `The address says ${name} twice.` }
    const isJson = name === 'variables' || name === 'extensions'
    const value = isJson && text ? parseJson(text) : text || undefined
    if (isJson && text && value === undefined) return { wrong: 'variables and extensions must be JSON.' }
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
