import { holdsSecret, isSecretName, masked, maskText } from './mask-text.ts'

/**
 * Masks secrets and personal data in a complete log line before it is written, whatever part of the line they are in.
 * Masking is idempotent.
 */
export function maskLine(line: string): string {
  try {
    return JSON.stringify(maskValue(JSON.parse(line), 0)) + (line.endsWith('\n') ? '\n' : '')
  } catch {
    // Logging must not throw, and a line that cannot be parsed must not be written unmasked.
    return '{"level":"error","severity":"ERROR","msg":"A log line could not be masked and is left out."}\n'
  }
}

/** Pino writes five levels. JSON.stringify overflows the stack at thousands. */
const maxDepth = 50

/** Fewer bytes contain no e-mail address. */
const minSecretBytes = 6

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === maxDepth) return '[too deep]'
  return Array.isArray(value) ? maskList(value, depth + 1) : maskObject(value, depth + 1)
}

function maskList(list: readonly unknown[], depth: number): unknown {
  if (areSecretBytes(list)) return bytes(list)
  // Headers also have the forms [name, value, name, value] and [[name, value]].
  return list.map((item, at) => (isFieldName(list[at - 1]) ? hide(item) : maskValue(item, depth)))
}

function maskObject(object: object, depth: number): unknown {
  const entries = Object.entries(object)
  const { type, data } = object as { type?: unknown; data?: unknown }
  if (type === 'Buffer' && Array.isArray(data)) return bytes(data)
  // The form of a Uint8Array: {"0":106,"1":97}.
  const values = entries.map(([, value]) => value)
  if (entries[0]?.[0] === '0' && areSecretBytes(values)) return bytes(values)
  const isField = entries.some(([key, value]) => /^(?:name|key|header|field)$/i.test(key) && isFieldName(value))
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const isHidden = isSecretName(key) || (isField && key.toLowerCase() === 'value')
      return [maskText(key), isHidden ? hide(value) : maskValue(value, depth)]
    }),
  )
}

/** Null and booleans show only whether there is a value. */
const hide = (value: unknown) => (value === null || typeof value === 'boolean' ? value : masked)

/** `INVALID_TOKEN` is an error code, not the name of a field. */
const isFieldName = (text: unknown): boolean =>
  typeof text === 'string' && /^[\w-]{1,64}$/.test(text) && !/^[A-Z]+_[A-Z_]+$/.test(text) && isSecretName(text)

const bytes = (list: readonly unknown[]) => `[${list.length} bytes]`

function areSecretBytes(list: readonly unknown[]): boolean {
  const numbers = list.filter((item): item is number => Number.isInteger(item))
  return numbers.length >= minSecretBytes && holdsSecret(Buffer.from(numbers).toString())
}
