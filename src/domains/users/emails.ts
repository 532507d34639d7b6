import { type BlindIndex, createBlindIndex } from '../../platform/sealing/blind-index.ts'
import type { Sealed, Sealer } from '../../platform/sealing/sealing.ts'

/** How addresses lie in the database: encrypted, and found by a keyed hash. */
export interface Emails {
  /** Both columns of a row. */
  columns(email: string | null): { emailSealed: Sealed | null; emailIndex: string | null }
  /** The address of a row's sealed column. */
  read(sealed: Uint8Array | null): string | null
  /** users.email_index of whoever has this address, in whatever case it is written. */
  indexOf: BlindIndex
  /** What is kept of an erased person's address: comparable with others of its kind only. */
  erasedHashOf: BlindIndex
}

/** The place that sealed addresses are bound to. */
export const emailPlace = 'users.email'

export function createEmails(sealer: Sealer, indexKey: string): Emails {
  const index = createBlindIndex(indexKey, 'users.email')
  const erased = createBlindIndex(indexKey, 'erased_addresses')
  const indexOf = (email: string) => index(normalize(email))
  return {
    columns: (email) =>
      email === null
        ? { emailSealed: null, emailIndex: null }
        : { emailSealed: sealer.seal(email, emailPlace), emailIndex: indexOf(email) },
    read: (sealed) => (sealed === null ? null : sealer.open(sealed, emailPlace).toString('utf8')),
    indexOf,
    erasedHashOf: (email) => erased(normalize(email)),
  }
}

/** One person's address in one spelling. Dots and +tags stay: only the provider knows whether they matter. */
function normalize(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
