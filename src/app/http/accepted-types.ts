export interface AcceptedTypes {
  /** The content type of a single result; null if the client accepts no JSON. */
  readonly json: JsonType | null
  /** Whether the client accepts server-sent events. */
  readonly events: boolean
  /** Whether the client names `multipart/mixed;subscriptionSpec=1.0`, as Apollo's clients do. */
  readonly multipartSubscriptions: boolean
}

export type JsonType = 'application/json' | 'application/graphql-response+json'

/** Parses the Accept header as Yoga does: the first JSON type that is named, and only UTF-8. */
export function acceptedTypes(accept: string | undefined): AcceptedTypes {
  const key = accept ?? '*/*'
  const cached = cache.get(key)
  if (cached) return cached
  const entries = key
    .replace(/\s/g, '')
    .toLowerCase()
    .split(',')
    .map((entry) => entry.split(';'))
    .filter(([, ...parameters]) => parameters.every((part) => !part.includes('charset=') || part === 'charset=utf-8'))
  const types = entries.map(([type = '']) => type)
  const accepts = (...names: string[]) => types.some((type) => names.includes(type))
  const json = types.map((type) => jsonTypes.get(type)).find((type) => type !== undefined) ?? null
  const accepted = {
    json,
    events: accepts('*/*', 'text/*', 'text/event-stream'),
    multipartSubscriptions: entries.some(
      ([type, ...parameters]) => type === 'multipart/mixed' && parameters.some((part) => subscriptionSpec.test(part)),
    ),
  }
  if (cache.size < maxCached) cache.set(key, accepted)
  return accepted
}

const subscriptionSpec = /^subscriptionspec="?1\.0"?$/

/** A map: an object would also have `constructor`. */
const jsonTypes: ReadonlyMap<string, JsonType> = new Map([
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
])

/** A cache: a front end sends the same header every time. */
const cache = new Map<string, AcceptedTypes>()
const maxCached = 100
