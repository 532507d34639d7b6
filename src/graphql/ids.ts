import { InvalidInput } from '../platform/errors.ts'
import { platformMessages } from '../platform/messages/platform-messages.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export interface GlobalId {
  readonly typename: string
  readonly id: string
}

/** The global ID of a row: Base64 of the type name and the row's UUID. Opaque to clients. */
export function toGlobalId(typename: string, id: string): string {
  return Buffer.from(`${typename}:${id}`).toString('base64')
}

/** Returns null for anything that `toGlobalId` cannot have produced. */
export function decodeGlobalId(globalId: string): GlobalId | null {
  if (globalId.length > 200) return null
  const text = Buffer.from(globalId, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const typename = text.slice(0, Math.max(colon, 0))
  const id = text.slice(colon + 1)
  // Several Base64 strings decode to the same bytes. Only the canonical one is accepted.
  return uuid.test(id) && toGlobalId(typename, id) === globalId ? { typename, id } : null
}

/**
 * Returns the row's UUID of an ID argument that accepts one type. Throws InvalidInput at `path` for any other value.
 */
export function parseId(typename: string, globalId: string, path: readonly string[]): string {
  const id = idOf(typename, globalId)
  if (id === null) throw InvalidInput.at(path, platformMessages.invalidId({ type: typename }))
  return id
}

/** The same for a field of a mutation's input. With `checkAll`, an invalid ID is reported with the other problems. */
export function parseInputId(typename: string, globalId: string, field: string | readonly string[]): string {
  const id = idOf(typename, globalId)
  if (id === null) throw InvalidInput.of(field, platformMessages.invalidId({ type: typename }))
  return id
}

function idOf(typename: string, globalId: string): string | null {
  const decoded = decodeGlobalId(globalId)
  return decoded?.typename === typename ? decoded.id : null
}
