import { XMLParser } from 'fast-xml-parser'
import { UnreadableRecording } from '../../domains/activities/ports.ts'

/** An element: its attributes as "@name", its children by local name (prefixes of namespaces are free to choose). */
export interface XmlElement {
  readonly [name: string]: unknown
}

/** Bytes of XML as text: UTF-8, or UTF-16 when a byte order mark says so. */
export function textOfXml(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  // White space before the XML declaration is a well-known mistake of exporting apps.
  return new TextDecoder(encoding).decode(bytes).trimStart()
}

/** The local name of the root element, from the first 64 KiB; null when it is no XML. */
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
 * The root element of a whole, well-formed document (26 MiB of GPX: 4 s and 300 MB of heap). A DTD is refused, as no
 * recording needs one and entities can grow without bounds. Names like __proto__ make the parser throw.
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
    // `true` checks that the document is well-formed first: alone, the parser gives what it can of one that is cut off.
    return child(parser.parse(text, true), root) ?? {}
  } catch (cause) {
    throw Object.assign(
      new UnreadableRecording(
        'This file is damaged or cut off: its XML does not end well. Export it again from your device or app and upload it anew.',
      ),
      { cause },
    )
  }
}

/** The children of that name, in order; none when there are none. Elements with text only are left out. */
export function children(element: XmlElement | null, name: string): XmlElement[] {
  if (element === null || !Object.hasOwn(element, name)) return []
  const value = element[name]
  return (Array.isArray(value) ? value : [value]).filter(isElement)
}

/** The first child of that name. */
export function child(element: XmlElement | null, name: string): XmlElement | null {
  return children(element, name)[0] ?? null
}

/** The text of the first child (or, with '@', of the attribute) of that name. */
export function text(element: XmlElement | null, name: string): string | null {
  if (element === null || !Object.hasOwn(element, name)) return null
  const value = element[name]
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (isElement(first)) return text(first, '#text')
  return typeof first === 'string' ? first : null
}

/** As text, read as a decimal number; null when it is none. */
export function number(element: XmlElement | null, name: string): number | null {
  const value = text(element, name)?.trim()
  return value !== undefined && /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : null
}

/** An xsd:dateTime. Without a zone it is UTC, as GPX says; `offsetMinutes` is null for UTC ("Z") and no zone. */
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
