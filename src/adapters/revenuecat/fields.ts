import { z } from 'zod'
import { storable } from '../../platform/database/storable.ts'

/** A Postgres index entry has at most 2,704 bytes, and anyone with the public key of an app can choose an id. */
const maxBytes = 2_600

/** A string or number as text; null if it is missing or cannot be stored. The maximum lengths are RevenueCat's. */
function textOf(maxLength: number) {
  return z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .catch(null)
    .transform((value) => {
      const kept = storable(value)
      return kept && kept.length <= maxLength && Buffer.byteLength(kept) <= maxBytes ? kept : null
    })
}

/** The id of a customer. */
export const name = textOf(1_500)
/** The id of a transaction, a product or an entitlement. */
export const id = textOf(255)

/** An enum value such as APP_STORE, which API v1 has in lower case. */
export const word = z
  .string()
  .max(200)
  .nullish()
  .catch(null)
  .transform((value) => storable(value)?.toUpperCase() ?? null)

export const flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((value) => value ?? false)

/** The latest Date of JavaScript, in the year 275,760; Postgres can store it. */
const latest = 8.64e15

const milliseconds = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().min(0).max(latest))

/** An invalid date is an error: as a missing date it would mean access without end. */
export const instant = milliseconds.transform((value) => new Date(value))
export const instantOrNull = instant.nullish().transform((value) => value ?? null)
