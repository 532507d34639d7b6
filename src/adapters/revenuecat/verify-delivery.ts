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

export interface Signed {
  readonly body: Buffer
  readonly headers: IncomingHttpHeaders
  readonly now: Date
}

/**
 * Whether one of the secrets signed the raw bytes, with a tolerance of 300 s: hex HMAC-SHA256 over `<t>.<body>`.
 * RevenueCat's documentation has two names for the header.
 */
export function isSigned({ body, headers, now }: Signed, secrets: readonly string[]): boolean {
  const header = headers['x-revenuecat-webhook-signature'] ?? headers['x-revenuecat-signature']
  const signature = typeof header === 'string' ? parse(header) : null
  if (!signature) return false
  const { seconds, digest } = signature
  if (Math.abs(now.getTime() / 1_000 - Number(seconds)) > toleranceSeconds) return false
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(`${seconds}.`).update(body).digest())
  return expected.map((one) => timingSafeEqual(digest, one)).includes(true)
}

/** Parses `t=<seconds>,v1=<64 hex digits>`, each once. Other parts are ignored. */
function parse(header: string): { seconds: string; digest: Buffer } | null {
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
