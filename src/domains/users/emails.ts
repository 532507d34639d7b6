import { type BlindIndex, createBlindIndex } from '../../platform/encryption/blind-index.ts'
import type { Ciphertext, Encryptor } from '../../platform/encryption/encryptor.ts'

/** Stores email addresses encrypted, and finds them by a keyed hash. */
export interface Emails {
  /** The values of both columns of a row. */
  columns(email: string | null): { emailEncrypted: Ciphertext | null; emailIndex: string | null }
  /** Decrypts the column of a row. */
  read(encrypted: Uint8Array | null): string | null
  /** The value of users.email_index for this address. Case-insensitive. */
  indexOf: BlindIndex
  /**
   * The hash that is kept of an address or phone number after a sign-up gift or an erasure. It can be compared only with
   * other hashes of this kind.
   */
  erasedHashOf: BlindIndex
}

/** The column that the ciphertexts of addresses are bound to: they cannot be decrypted elsewhere. */
export const emailPlace = 'users.email'

export function createEmails(encryptor: Encryptor, indexKey: string): Emails {
  const index = createBlindIndex(indexKey, 'users.email')
  const erased = createBlindIndex(indexKey, 'erased_addresses')
  const indexOf = (email: string) => index(normalize(email))
  return {
    columns: (email) =>
      email === null
        ? { emailEncrypted: null, emailIndex: null }
        : { emailEncrypted: encryptor.encrypt(email, emailPlace), emailIndex: indexOf(email) },
    read: (encrypted) => (encrypted === null ? null : encryptor.decrypt(encrypted, emailPlace).toString('utf8')),
    indexOf,
    erasedHashOf: (email) => erased(normalize(email)),
  }
}

/** One spelling for each address. Dots and +tags stay: only the mail provider knows whether they are significant. */
function normalize(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
