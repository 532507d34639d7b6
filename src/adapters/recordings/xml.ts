import { SaxesParser } from 'saxes'
import { recordingMessages, UnreadableRecording } from '../../domains/activities/ports.ts'

/** An element: attributes as "@name", children by local name without the namespace prefix. */
export interface XmlElement {
  readonly [name: string]: unknown
}

/** Elements and attributes together. Exports with the extensions of several vendors have about 60. */
const MAX_NAMES = 1_000
/** The root of a GPX file with many schemas has about 20. */
const MAX_ATTRIBUTES = 100
/** GPX and TCX have up to 10 levels. */
const MAX_DEPTH = 50

/** Decodes XML: UTF-8, or UTF-16 with a byte order mark. */
export function textOfXml(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  // Some apps write white space before the XML declaration.
  return new TextDecoder(encoding).decode(bytes).trimStart()
}

/** The local name of the root element, from the first 64 KiB; null if it is not XML. */
export function rootOfXml(bytes: Uint8Array): string | null {
  let head = textOfXml(bytes.subarray(0, 65_536))
  for (;;) {
    const end = head.startsWith('<?') ? '?>' : head.startsWith('<!--') ? '-->' : null
    if (end === null) return head.match(/^<(?:!DOCTYPE\s+)?(?:[\w.-]+:)?([\w.-]+)[\s/>[]/)?.[1] ?? null
    const at = head.indexOf(end)
    if (at < 0) return null
    head = head.slice(at + end.length).trimStart()
  }
}

/**
 * Parses a well-formed document and returns its root element. Time is linear in the document's size, and the names that it
 * may use are bounded: for each different name V8 keeps a shape of objects. A DTD is refused, since recordings need none
 * and entities can expand without bounds.
 */
export function parseXml(text: string, root: string): XmlElement {
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) {
    throw new UnreadableRecording(recordingMessages.documentType())
  }
  try {
    const { name, value } = parseTree(tolerated(text))
    return name === root && isElement(value) ? value : {}
  } catch (cause) {
    if (cause instanceof UnreadableRecording) throw cause
    throw Object.assign(new UnreadableRecording(recordingMessages.malformedXml()), { cause })
  }
}

/**
 * What apps write although XML does not allow it, and what carries no values: control characters, ampersands that are not
 * escaped, and entities of HTML.
 */
function tolerated(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
      .replace(/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/g, '&amp;')
  )
}

interface OpenElement {
  readonly name: string
  /** Null while it has neither attributes nor children. */
  element: Record<string, unknown> | null
  text: string
}

/** An element with only text becomes a string. */
function parseTree(document: string): { readonly name: string; readonly value: unknown } {
  const open: OpenElement[] = []
  const localNames = new Map<string, string>()
  let result: { readonly name: string; readonly value: unknown } = { name: '', value: null }
  let attributes = 0

  const localName = (name: string) => {
    const known = localNames.get(name)
    if (known !== undefined) return known
    if (localNames.size === MAX_NAMES) throw new UnreadableRecording(recordingMessages.tooManyNames({ max: MAX_NAMES }))
    const local = name.slice(name.indexOf(':') + 1)
    // The one name that is not a property of its own.
    if (local === '__proto__') throw new Error('An element or attribute is named __proto__.')
    localNames.set(name, local)
    return local
  }

  const parser = new SaxesParser({ position: false })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentagstart', ({ name }) => {
    if (open.length === MAX_DEPTH) throw new UnreadableRecording(recordingMessages.tooDeep({ max: MAX_DEPTH }))
    attributes = 0
    localName(name)
  })
  parser.on('attribute', ({ name }) => {
    attributes++
    if (attributes > MAX_ATTRIBUTES)
      throw new UnreadableRecording(recordingMessages.tooManyAttributes({ max: MAX_ATTRIBUTES }))
    localName(name)
  })
  parser.on('opentag', (tag) => {
    const opened: OpenElement = { name: localName(tag.name), element: null, text: '' }
    for (const [name, value] of Object.entries(tag.attributes)) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) add(opened, `@${localName(name)}`, value.trim())
    }
    open.push(opened)
  })
  const onText = (text: string) => {
    const inside = open.at(-1)
    if (inside) inside.text += text.trim()
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', () => {
    const closed = open.pop()
    if (!closed) return
    const { name, element, text } = closed
    if (element !== null && text !== '') element['#text'] = text
    const parent = open.at(-1)
    if (parent) add(parent, name, element ?? text)
    else result = { name, value: element ?? text }
  })
  parser.write(document).close()
  return result
}

/** Several children of one name become an array. */
function add(parent: OpenElement, name: string, value: unknown): void {
  parent.element ??= {}
  const { element } = parent
  if (!Object.hasOwn(element, name)) {
    element[name] = value
    return
  }
  const existing = element[name]
  if (Array.isArray(existing)) existing.push(value)
  else element[name] = [existing, value]
}

/** The children with this name, in order. Elements with only text are omitted. */
export function children(element: XmlElement | null, name: string): XmlElement[] {
  if (element === null || !Object.hasOwn(element, name)) return []
  const value = element[name]
  return (Array.isArray(value) ? value : [value]).filter(isElement)
}

/** The first child with this name. */
export function child(element: XmlElement | null, name: string): XmlElement | null {
  return children(element, name)[0] ?? null
}

/** The text of the first child, or with '@' of the attribute, with this name. */
export function text(element: XmlElement | null, name: string): string | null {
  if (element === null || !Object.hasOwn(element, name)) return null
  const value = element[name]
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (isElement(first)) return text(first, '#text')
  return typeof first === 'string' ? first : null
}

/** Like `text`, parsed as a decimal number; null if it is not one. */
export function number(element: XmlElement | null, name: string): number | null {
  const value = text(element, name)?.trim()
  return value !== undefined && /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : null
}

/** Parses an xsd:dateTime. Without a zone it is UTC, as in GPX; `offsetMinutes` is null for UTC ("Z") and no zone. */
export function dateTime(value: string | null): { readonly at: number; readonly offsetMinutes: number | null } | null {
  const parts = value?.trim().match(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([.]\d+)?(Z|([+-])(\d\d):?(\d\d))?$/)
  if (!parts) return null
  const [, seconds, fraction, zone, sign, hours, minutes] = parts
  const local = Date.parse(`${seconds}${fraction?.slice(0, 4) ?? ''}Z`)
  if (Number.isNaN(local)) return null
  if (zone === undefined || zone === 'Z') return { at: local, offsetMinutes: null }
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
  return { at: local - offsetMinutes * 60_000, offsetMinutes }
}

function isElement(value: unknown): value is XmlElement {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
