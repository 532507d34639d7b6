import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Bytes that can only be read or made with the key. */
export type Ciphertext = Uint8Array<ArrayBuffer>

/** Encrypts columns of the database: with the newest key. Decrypts with every configured key. */
export interface Encryptor {
  /**
   * `place` (users.email) is bound to the ciphertext as associated data: it can be decrypted for the same place only.
   */
  encrypt(plain: string | Uint8Array, place: string): Ciphertext
  /** Throws DecryptionFailed if the key is unknown, the place differs, or the bytes were changed. */
  decrypt(encrypted: Uint8Array, place: string): Buffer
  /**
   * The first bytes of every value encrypted with the newest key. A value with another prefix should be encrypted
   * again.
   */
  readonly currentPrefix: Ciphertext
}

export class DecryptionFailed extends Error {
  override readonly name = 'DecryptionFailed'
}

const version = 1
const keyBytes = 32
const keyIdBytes = 4
const prefixBytes = 1 + keyIdBytes
const ivBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM. The bytes are: a version, the key's id, the nonce, the ciphertext, the tag. The nonce is random: one key
 * may encrypt up to 2^32 values before a repeated nonce becomes too likely (NIST SP 800-38D), so rotate long before.
 *
 * @param keys base64url of 32 bytes each, newest first. Throws for other lengths.
 */
export function createEncryptor(keys: readonly string[]): Encryptor {
  const parsedKeys = keys.map((text) => readKey(text))
  const [current] = parsedKeys
  if (!current) throw new Error('There is no encryption key.')
  const prefix = Buffer.concat([Buffer.from([version]), current.id])

  return {
    currentPrefix: new Uint8Array(prefix),
    encrypt(plain, place) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(Buffer.from(place))
      const text = Buffer.concat([cipher.update(plain), cipher.final()])
      return new Uint8Array(Buffer.concat([prefix, iv, text, cipher.getAuthTag()]))
    },
    decrypt(encrypted, place) {
      const bytes = Buffer.from(encrypted)
      const id = bytes.subarray(1, prefixBytes)
      const known = bytes[0] === version ? parsedKeys.find((key) => key.id.equals(id)) : undefined
      if (!known || bytes.length < prefixBytes + ivBytes + tagBytes) {
        throw new DecryptionFailed(
          `A value of ${place} was encrypted with a key (${id.toString('hex')}) that is not configured. Add the key to EMAIL_ENC_KEY, after the newest.`,
        )
      }
      const iv = bytes.subarray(prefixBytes, prefixBytes + ivBytes)
      const decipher = createDecipheriv('aes-256-gcm', known.key, iv, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(prefixBytes + ivBytes, -tagBytes)), decipher.final()])
      } catch (cause) {
        throw new DecryptionFailed(`A value of ${place} was changed since it was encrypted.`, { cause })
      }
    },
  }
}

/** Generates a key for EMAIL_ENC_KEY or EMAIL_INDEX_KEY. */
export function newKey(): string {
  return randomBytes(keyBytes).toString('base64url')
}

/** Whether a text is a key: base64url of exactly 32 bytes. */
export function isKey(text: string): boolean {
  return /^[\w-]+=?$/.test(text) && Buffer.from(text, 'base64url').length === keyBytes
}

/** The id is a hash of the key, so that keys need no names and a missing key is distinguished from a damaged value. */
function readKey(text: string): { key: Buffer; id: Buffer } {
  if (!isKey(text)) throw new Error('An encryption key is not the base64url of 32 bytes.')
  const key = Buffer.from(text, 'base64url')
  return { key, id: createHash('sha256').update('key id').update(key).digest().subarray(0, keyIdBytes) }
}
