import { isUtf8 } from 'node:buffer'
import { Webhook } from 'svix'
import { z } from 'zod'
import type { ClerkEvent, ClerkWebhooks } from '../../domains/users/ports.ts'
import { instant, userOfWebhook } from './clerk-user.ts'

const id = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/)

const deletedUser = z.looseObject({ id: id.nullish(), external_id: z.string().max(1_000).nullish().catch(null) })

const envelope = z.looseObject({ data: z.unknown(), timestamp: instant.nullish().catch(null) })

/** Where events name their user: the data of user events is the user, other events have the id of one. */
const pointer = z.looseObject({
  id: id.nullish().catch(null),
  user_id: id.nullish().catch(null),
  public_user_data: z
    .looseObject({ user_id: id.nullish().catch(null) })
    .nullish()
    .catch(null),
})

const maxTypeLength = 200

/**
 * Verifies and reads Clerk's webhooks, which Svix signs: base64 HMAC-SHA256 over `id.timestamp.body` of the raw bytes,
 * compared in constant time, with a tolerance of five minutes. Several secrets allow rotation. The headers may have the
 * names of Svix or of Standard Webhooks.
 */
export function createClerkWebhooks({ secrets }: { secrets: readonly string[] }): ClerkWebhooks {
  const verifiers = secrets.map((secret) => new Webhook(secret))

  return {
    isConfigured: verifiers.length > 0,
    hasValidHeaders: (headers) => {
      const signature = readSignature(headers)
      return signature !== null && Math.abs(Date.now() / 1_000 - Number(signature.timestamp)) <= toleranceSeconds
    },
    verify({ body, headers }) {
      const read = readSignature(headers)
      if (!read || !isUtf8(body)) return null
      const { eventId, timestamp, signature } = read
      const text = body.toString('utf8')
      const signed = { 'svix-id': eventId, 'svix-timestamp': timestamp, 'svix-signature': signature }
      if (!verifiers.some((verifier) => isSignedBy(verifier, text, signed))) return null

      const event = parseObject(text)
      if (!event) return null
      const type = typeof event.type === 'string' ? event.type.replaceAll('\0', '').toWellFormed() : ''
      const contentType = headers['content-type']
      return {
        eventId,
        type: type.slice(0, maxTypeLength),
        subject: subjectOf(type, event.data),
        contentType: typeof contentType === 'string' ? contentType.slice(0, maxTypeLength) : null,
        sentAt: new Date(Number(timestamp) * 1_000),
      }
    },
    read: ({ type, body, sentAt }) => readEvent(type, JSON.parse(body.toString('utf8')), sentAt),
  }
}

/** The tolerance of Svix' library, which compares with the system clock, as `hasValidHeaders` does. */
const toleranceSeconds = 300

/** The headers of Svix; null if one is missing or malformed. */
function readSignature(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): { readonly eventId: string; readonly timestamp: string; readonly signature: string } | null {
  const header = (name: string) => headers[`svix-${name}`] ?? headers[`webhook-${name}`]
  const [eventId, timestamp, signature] = [header('id'), header('timestamp'), header('signature')]
  if (typeof eventId !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string') return null
  if (!/^[\x21-\x7e]{1,200}$/.test(eventId) || !/^\d{1,12}$/.test(timestamp)) return null
  return { eventId, timestamp, signature }
}

function isSignedBy(verifier: Webhook, body: string, headers: Record<string, string>): boolean {
  try {
    verifier.verify(body, headers)
    return true
  } catch {
    return false
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function subjectOf(type: string, data: unknown): string | null {
  const parsed = pointer.safeParse(data)
  if (!parsed.success) return null
  const { id: own, user_id, public_user_data } = parsed.data
  return (type.startsWith('user.') ? own : (user_id ?? public_user_data?.user_id)) ?? null
}

/** `sentAt` orders states with the same updated_at: the timestamp of the envelope, or the time of the delivery. */
function readEvent(type: string, body: unknown, deliveredAt: Date): ClerkEvent {
  // The format of unhandled events is unknown, so nothing of them is parsed.
  if (!handled.has(type)) return { kind: 'other' }
  const { data, timestamp } = envelope.parse(body)
  if (type !== 'user.deleted') return { kind: 'user', user: userOfWebhook(data), sentAt: timestamp ?? deliveredAt }
  const deleted = deletedUser.parse(data)
  return { kind: 'deleted', clerkId: deleted.id ?? null, externalId: deleted.external_id ?? null }
}

const handled: ReadonlySet<string> = new Set(['user.created', 'user.updated', 'user.deleted'])
