import { z } from 'zod'
import { storable } from '../../platform/database/storable.ts'

/** An entry of a Postgres index has 2,704 bytes at most; whoever has an app's public key can choose a name. */
const mostBytesOfName = 2_600

/** Text that may come as a number; null where there is none, or none that can be kept. RevenueCat has these limits. */
function textOf(most: number) {
  return z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .catch(null)
    .transform((value) => {
      const kept = storable(value)
      return kept && kept.length <= most && Buffer.byteLength(kept) <= mostBytesOfName ? kept : null
    })
}

/** What a customer is called. */
export const name = textOf(1_500)
/** Of a transaction, a product, an entitlement. */
export const id = textOf(255)

/** A word such as APP_STORE, which API v1 writes in small letters. */
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

/** What JavaScript holds, and Postgres too: to the year 275,760. */
const latest = 8.64e15

const milliseconds = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().min(0).max(latest))

/** Something else than a date is an error: taken for none, it would be an access that never ends. */
export const instant = milliseconds.transform((value) => new Date(value))
export const instantOrNull = instant.nullish().transform((value) => value ?? null)
