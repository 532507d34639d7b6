export interface AcceptedTypes {
  /** How a single result is written; null when the client takes no JSON. */
  readonly json: JsonType | null
  /** Whether the client takes server-sent events. */
  readonly events: boolean
  readonly multipart: boolean
}

export type JsonType = 'application/json' | 'application/graphql-response+json'

/** What a client takes, read as Yoga does: the first JSON type that is named, and nothing but UTF-8. */
export function acceptedTypes(accept: string | undefined): AcceptedTypes {
  const key = accept ?? '*/*'
  const before = known.get(key)
  if (before) return before
  const types = key
    .replace(/\s/g, '')
    .toLowerCase()
    .split(',')
    .map((entry) => entry.split(';'))
    .filter(([, ...parameters]) => parameters.every((part) => !part.includes('charset=') || part === 'charset=utf-8'))
    .map(([type = '']) => type)
  const takes = (...names: string[]) => types.some((type) => names.includes(type))
  const json = types.map((type) => jsonTypes.get(type)).find((type) => type !== undefined) ?? null
  const accepted = {
    json,
    events: takes('*/*', 'text/*', 'text/event-stream'),
    multipart: takes('*/*', 'multipart/*', 'multipart/mixed'),
  }
  if (known.size < mostKnown) known.set(key, accepted)
  return accepted
}

/** A map: an object would know `constructor` too. */
const jsonTypes: ReadonlyMap<string, JsonType> = new Map([
  ['*/*', 'application/json'],
  ['application/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
])

/** A front end sends one and the same. */
const known = new Map<string, AcceptedTypes>()
const mostKnown = 100
