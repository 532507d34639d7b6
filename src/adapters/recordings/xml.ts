import { XMLParser } from 'fast-xml-parser'
import { UnreadableRecording } from '../../domains/activities/ports.ts'

/** An element: attributes as "@name", children by local name without the namespace prefix. */
export interface XmlElement {
  readonly [name: string]: unknown
}

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
 * Parses a well-formed document and returns its root element (26 MiB of GPX: 4 s and 300 MB of heap). A DTD is refused,
 * since recordings need none and entities can expand without bounds. The parser throws for names such as __proto__.
 */
export function parseXml(text: string, root: string): XmlElement {
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) {
    throw new UnreadableRecording(
      'This file has a document type (DTD), which we do not read. Upload another export of it.',
    )
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    jPath: false,
    ignorePiTags: true,
    maxNestedTags: 50,
  })
  try {
    // `true` validates the document first; without it, the parser returns parts of truncated documents.
    return child(parser.parse(text, true), root) ?? {}
  } catch (cause) {
    throw Object.assign(
      new UnreadableRecording(
        'This file is damaged or cut off: its XML is not well-formed. Export it again from your device or app and upload it again.',
      ),
      { cause },
    )
  }
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
