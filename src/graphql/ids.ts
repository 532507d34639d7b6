import { InvalidInput } from '../platform/errors.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export interface GlobalId {
  readonly typename: string
  readonly id: string
}

/** The Relay id of a row: opaque to clients, base64 of the type's name and the row's UUID. */
export function toGlobalId(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64')
}

/** Null for whatever we never gave out. */
export function decodeGlobalId(globalId: string): GlobalId | null {
  if (globalId.length > 200) return null
  const text = Buffer.from(globalId, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const typename = text.slice(0, Math.max(colon, 0))
  const id = text.slice(colon + 1)
  // Base64 can be spelled in many ways; only ours names the row.
  return uuid.test(id) && toGlobalId(typename, id) === globalId ? { typename, id } : null
}

/** The row's UUID of an id argument that takes one type; throws InvalidInput at `path` for anything else. */
export function parseId(typename: string, globalId: string, path: readonly string[]): string {
  const decoded = decodeGlobalId(globalId)
  if (decoded?.typename !== typename) throw InvalidInput.at(path, `This is not the id of an ${typename}.`)
  return decoded.id
}
