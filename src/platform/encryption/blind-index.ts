import { createHmac } from 'node:crypto'
import { isKey } from './encryptor.ts'

/**
 * A keyed hash (HMAC-SHA256, base64url) to find an encrypted value by: equal values have equal hashes, and without the
 * key nobody can test guesses. It has its own key, since encryption keys rotate and this key cannot.
 */
export type BlindIndex = (value: string) => string

/** `purpose` separates hashes of the same value that must not be compared with each other. */
export function createBlindIndex(key: string, purpose: string): BlindIndex {
  if (!isKey(key)) throw new Error('The index key is not the base64url of 32 bytes.')
  const secret = Buffer.from(key, 'base64url')
  return (value) => createHmac('sha256', secret).update(`${purpose}\0${value}`).digest('base64url')
}
