import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const toleranceSeconds = 300

/** Whether the Authorization header equals one of these values. */
export function isAuthorized(headers: IncomingHttpHeaders, values: readonly string[]): boolean {
  const sent = hash(headers.authorization ?? '')
  return values.map((value) => timingSafeEqual(sent, hash(value))).includes(true)
}

/** Hashes have the same length, so that they can be compared in constant time. */
function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

export interface SignedHead {
  readonly headers: IncomingHttpHeaders
  readonly now: Date
}

export interface Signed extends SignedHead {
  readonly body: Buffer
}

/** Whether there is a well-formed signature whose time is within the tolerance. Reads no body. */
export function hasRecentSignature(head: SignedHead): boolean {
  return readSignature(head) !== null
}

/**
 * Whether one of the secrets signed the raw bytes, with a tolerance of 300 s: hex HMAC-SHA256 over `<t>.<body>`.
 * RevenueCat's documentation has two names for the header.
 */
export function isSigned({ body, ...head }: Signed, secrets: readonly string[]): boolean {
  const signature = readSignature(head)
  if (!signature) return false
  const { seconds, digest } = signature
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(`${seconds}.`).update(body).digest())
  return expected.map((one) => timingSafeEqual(digest, one)).includes(true)
}

interface Signature {
  readonly seconds: string
  readonly digest: Buffer
}

/** Null if it is missing, malformed, too old or too new. */
function readSignature({ headers, now }: SignedHead): Signature | null {
  const header = headers['x-revenuecat-webhook-signature'] ?? headers['x-revenuecat-signature']
  const signature = typeof header === 'string' ? parse(header) : null
  if (!signature) return null
  return Math.abs(now.getTime() / 1_000 - Number(signature.seconds)) > toleranceSeconds ? null : signature
}

/** Parses `t=<seconds>,v1=<64 hex digits>`, each once. Other parts are ignored. */
function parse(header: string): Signature | null {
  const parts = header.split(',').map((part) => part.trim())
  const [seconds, ...otherTimes] = valuesOf(parts, 't=')
  const [digest, ...otherDigests] = valuesOf(parts, 'v1=')
  if (seconds === undefined || digest === undefined || otherTimes.length + otherDigests.length > 0) return null
  if (!/^\d{1,12}$/.test(seconds) || !/^[0-9a-f]{64}$/i.test(digest)) return null
  return { seconds, digest: Buffer.from(digest, 'hex') }
}

function valuesOf(parts: readonly string[], name: string): string[] {
  return parts.filter((part) => part.startsWith(name)).map((part) => part.slice(name.length))
}
