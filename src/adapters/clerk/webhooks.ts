import { isUtf8 } from 'node:buffer'
import { Webhook } from 'svix'
import { z } from 'zod'
import type { ClerkEvent, ClerkWebhooks } from '../../domains/users/ports.ts'
import { instant, userOfWebhook } from './clerk-user.ts'

const id = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/)

const deletedUser = z.looseObject({ id: id.nullish(), external_id: z.string().max(1_000).nullish().catch(null) })

const envelope = z.looseObject({ data: z.unknown(), timestamp: instant.nullish().catch(null) })

/** Where events name their person: users are the data itself, everything else points at one. */
const pointer = z.looseObject({
  id: id.nullish().catch(null),
  user_id: id.nullish().catch(null),
  public_user_data: z
    .looseObject({ user_id: id.nullish().catch(null) })
    .nullish()
    .catch(null),
})

const longestType = 200

/**
 * Clerk's webhooks, signed by Svix: base64 HMAC-SHA256 over `id.timestamp.body` of the raw bytes, compared in constant
 * time, five minutes' tolerance, several secrets while one replaces another. Both names of the headers are read.
 */
export function createClerkWebhooks({ secrets }: { secrets: readonly string[] }): ClerkWebhooks {
  const verifiers = secrets.map((secret) => new Webhook(secret))

  return {
    isConfigured: verifiers.length > 0,
    verify({ body, headers }) {
      const named = (name: string) => headers[`svix-${name}`] ?? headers[`webhook-${name}`]
      const [eventId, timestamp, signature] = [named('id'), named('timestamp'), named('signature')]
      if (typeof eventId !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string') return null
      if (!/^[\x21-\x7e]{1,200}$/.test(eventId) || !/^\d{1,12}$/.test(timestamp) || !isUtf8(body)) return null
      const text = body.toString('utf8')
      const signed = { 'svix-id': eventId, 'svix-timestamp': timestamp, 'svix-signature': signature }
      if (!verifiers.some((verifier) => isSignedBy(verifier, text, signed))) return null

      const said = parseObject(text)
      if (!said) return null
      const type = typeof said.type === 'string' ? said.type.replaceAll('\0', '').toWellFormed() : ''
      const contentType = headers['content-type']
      return {
        eventId,
        type: type.slice(0, longestType),
        subject: subjectOf(type, said.data),
        contentType: typeof contentType === 'string' ? contentType.slice(0, longestType) : null,
        sentAt: new Date(Number(timestamp) * 1_000),
      }
    },
    read: ({ type, body, sentAt }) => readEvent(type, JSON.parse(body.toString('utf8')), sentAt),
  }
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

/** When the event was made orders states of the same updated_at; the envelope says it, or else when it was sent. */
function readEvent(type: string, body: unknown, deliveredAt: Date): ClerkEvent {
  // Of events that nobody asked for not even the envelope is taken for granted.
  if (!handled.has(type)) return { kind: 'other' }
  const { data, timestamp } = envelope.parse(body)
  if (type !== 'user.deleted') return { kind: 'user', user: userOfWebhook(data), sentAt: timestamp ?? deliveredAt }
  const deleted = deletedUser.parse(data)
  return { kind: 'deleted', clerkId: deleted.id ?? null, externalId: deleted.external_id ?? null }
}

const handled: ReadonlySet<string> = new Set(['user.created', 'user.updated', 'user.deleted'])
