import { z } from 'zod'
import { isKey } from '../platform/encryption/encryptor.ts'
import { isProxy } from '../platform/rate-limits/client-address.ts'
import { unquote } from './unquote.ts'

/* What variables may contain. A message follows the name of the variable and must not repeat the value. */

/** One of these words, in upper or lower case. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(words, `must be ${listed(words)}`))
}

export const boolean = z.stringbool({
  truthy: ['true', '1', 'yes', 'on'],
  falsy: ['false', '0', 'no', 'off'],
  error: 'must be true or false',
})

export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .transform(Number)
    .refine((number) => isWhole(number, min, max), `must be a whole number from ${min} to ${max}`)
}

/** A number from 0 to 1. */
export const share = z
  .string()
  .transform(Number)
  .refine((number) => number >= 0 && number <= 1, 'must be a number from 0 to 1')

export const byteCount = z
  .string()
  .transform(Number)
  .refine((number) => isWhole(number, 1, Number.MAX_SAFE_INTEGER), 'must be a whole number of bytes, 1 or more')

const highestPort = 65_535

export const port = wholeNumber(0, highestPort)

/** `off` gives null. */
export const portOrOff = z
  .string()
  .transform((text) => (text.toLowerCase() === 'off' ? null : Number(text)))
  .refine((number) => number === null || isWhole(number, 0, highestPort), 'must be a port or off')

/** Comma-separated; empty entries are ignored. */
export function listOf<Item>(item: z.ZodType<Item, string>) {
  return z.string().transform(splitList).pipe(z.array(item).readonly())
}

export const list = listOf(z.string())

/** Without a trailing slash. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL such as https://api.example.com' })
  .transform((url) => new URL(url).href.replace(/\/+$/, ''))

export const postgresUrl = z.string().regex(/^postgres(ql)?:\/\//i, 'must start with postgres:// or postgresql://')

/**
 * As browsers and web views send it in the Origin header: lower case, without a trailing slash. The scheme of an app's web
 * view may be its own.
 */
export const origin = z
  .string()
  .refine(isOrigin, 'must be an origin such as https://app.example.com or capacitor://localhost, without a path')
  .transform(originOf)

/** An origin, or another name that a token may carry as its authorized party. */
export const authorizedParty = z.string().transform((text) => (isOrigin(text) ? originOf(text) : text))

/** As a Host header names it before its port: lower case. */
export const host = z
  .string()
  .refine(isHost, 'must be a host name such as api.example.com, without scheme, port, path or wildcard')
  .transform((text) => new URL(`http://${text}`).hostname)

export const proxy = z
  .string()
  .toLowerCase()
  .refine(isProxy, 'must be an address or network such as 10.0.0.0/8, or loopback, linklocal or uniquelocal')

export const encryptionKey = z
  .string()
  .refine(isKey, 'must be 32 bytes as base64url, as `npm run --silent cli -- crypto new-key` prints them')

/** A key that is sent in a header. An error of the HTTP client would quote one that is not valid there. */
export const apiKey = z.string().refine(isHeaderValue, 'must be one line of ASCII characters')

/** name=value, comma-separated, values percent-encoded. */
export const headerList = z
  .string()
  .refine(
    (text) => splitList(text).map(percentDecoded).every(isHeaderValue),
    'must have values of ASCII characters, without line breaks',
  )

/** The entries of a comma-separated list, without whitespace and quotes around them. */
export function splitList(text: string): readonly string[] {
  return text.split(',').map(unquote).filter(Boolean)
}

/** The decoded text, or the text as it is where it is not percent-encoded. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Whether every HTTP client accepts it as the value of a header. */
function isHeaderValue(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

function isWhole(number: number, min: number, max: number): boolean {
  return Number.isSafeInteger(number) && number >= min && number <= max
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** `URL.origin` is null for schemes that the URL standard does not know, such as capacitor: and tauri:. */
function originOf(text: string): string {
  const { protocol, host } = new URL(text)
  return `${protocol}//${host}`.toLowerCase()
}

/**
 * Whether it is a scheme, a host and perhaps a port, with nothing after them but a slash. Pages of file: and data: have the
 * origin null, which any page can have.
 */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, host, href } = new URL(text)
  if (host === '' || host.includes('*') || protocol === 'file:') return false
  return href.replace(/\/$/, '').toLowerCase() === originOf(text)
}

/** A name, an IPv4 address, or an IPv6 address in brackets. */
function isHost(text: string): boolean {
  return /^([a-z\d_-]+(\.[a-z\d_-]+)*|\[[a-f\d:.]+\])$/i.test(text) && URL.canParse(`http://${text}`)
}
