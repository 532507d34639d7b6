import { z } from 'zod'
import type { PurchaseEvent } from '../../domains/billing/ports.ts'
import { storable } from '../../platform/database/storable.ts'
import { flag, id, instant, instantOrNull, name, word } from './fields.ts'

const maxNames = 200
const maxQuantity = 10_000

/** A list without duplicates. The limit is far above legitimate lists. */
function many(one: typeof id) {
  return z
    .array(one)
    .nullish()
    .catch(null)
    .transform((values) => [...new Set(values?.flatMap((value) => value ?? []))].slice(0, maxNames))
}

const eventId = z
  .union([z.string(), z.number().transform(String)])
  .transform((value) => storable(value) ?? '')
  .pipe(z.string().min(1).max(200))
const type = z
  .string()
  .transform((value) => storable(value)?.slice(0, 200) ?? '')
  .pipe(z.string().min(1))

/** The required fields of every event. */
export const envelope = z.object({
  event: z.looseObject({ id: eventId, type, event_timestamp_ms: instant }),
})

const named = z.object({
  app_user_id: name,
  original_app_user_id: name,
  aliases: many(name),
  transferred_from: many(name),
  transferred_to: many(name),
})

/** Prices and subscriber attributes are not read. */
const body = z.object({
  event: named.extend({
    id: eventId,
    type,
    event_timestamp_ms: instant,
    environment: word,
    original_transaction_id: id,
    transaction_id: id,
    product_id: id,
    entitlement_ids: many(id),
    entitlement_id: id,
    store: word,
    period_type: word,
    is_family_share: flag,
    purchased_at_ms: instantOrNull,
    expiration_at_ms: instantOrNull,
    grace_period_expiration_at_ms: instantOrNull,
    auto_resume_at_ms: instantOrNull,
    cancel_reason: word,
    expiration_reason: word,
    quantity: z.number().int().min(1).max(maxQuantity).nullish().catch(null),
  }),
})

/** Reads an event. Throws if a date is invalid, or if the id, the type or the time is missing. */
export function readPurchaseEvent(json: unknown): PurchaseEvent {
  const { event } = body.parse(json)
  const { entitlement_ids: keys, entitlement_id: oneKey } = event
  return {
    eventId: event.id,
    type: event.type,
    occurredAt: event.event_timestamp_ms,
    environment: event.environment,
    names: namesOf(event),
    transferredTo: event.transferred_to,
    subscriptionKey: event.original_transaction_id ?? event.transaction_id,
    transactionId: event.transaction_id,
    productId: event.product_id,
    entitlementKeys: keys.length === 0 && oneKey ? [oneKey] : keys,
    store: event.store,
    periodType: event.period_type,
    isFamilyShare: event.is_family_share,
    purchasedAt: event.purchased_at_ms,
    expiresAt: event.expiration_at_ms,
    graceEndsAt: event.grace_period_expiration_at_ms,
    resumesAt: event.auto_resume_at_ms,
    reason: event.cancel_reason ?? event.expiration_reason,
    quantity: event.quantity ?? 1,
  }
}

/** The customer id to find an event by, preferably one that is not anonymous. */
export function subjectOf(event: unknown): string | null {
  const parsed = named.safeParse(event)
  if (!parsed.success) return null
  const names = [...parsed.data.transferred_to, ...namesOf(parsed.data)]
  return names.find((one) => !one.startsWith('$RCAnonymousID:')) ?? names[0] ?? null
}

function namesOf({ app_user_id, original_app_user_id, aliases, transferred_from }: z.infer<typeof named>): string[] {
  const names = [app_user_id, original_app_user_id, ...aliases, ...transferred_from]
  return [...new Set(names.flatMap((one) => one ?? []))].slice(0, maxNames)
}
