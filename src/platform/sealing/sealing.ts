import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Bytes that only holders of the key can read or make. */
export type Sealed = Uint8Array<ArrayBuffer>

/** Encrypts what lies in the database. The newest key seals; every key that is configured still opens. */
export interface Sealer {
  /** `place` (users.email) is bound to the result: sealed bytes open where they belong, and nowhere else. */
  seal(plain: string | Uint8Array, place: string): Sealed
  /** Throws SealBroken for bytes of an unknown key, of another place, or changed by anybody. */
  open(sealed: Uint8Array, place: string): Buffer
  /** The first bytes of all that the newest key has sealed; what begins otherwise wants sealing anew. */
  readonly currentPrefix: Sealed
}

export class SealBroken extends Error {
  override readonly name = 'SealBroken'
}

const version = 1
const keyBytes = 32
const keyIdBytes = 4
const prefixBytes = 1 + keyIdBytes
const ivBytes = 12
const tagBytes = 16

/**
 * AES-256-GCM. Sealed bytes are: a version, the key's id, the nonce, the ciphertext, the tag. The nonce is random: 2^32
 * values of one key before a repetition becomes likely enough to matter (NIST SP 800-38D), so rotate long before.
 *
 * @param keys base64url of 32 bytes each, newest first. Throws for other lengths.
 */
export function createSealer(keys: readonly string[]): Sealer {
  const ring = keys.map((text) => readKey(text))
  const [current] = ring
  if (!current) throw new Error('There is no encryption key.')
  const prefix = Buffer.concat([Buffer.from([version]), current.id])

  return {
    currentPrefix: new Uint8Array(prefix),
    seal(plain, place) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(Buffer.from(place))
      const text = Buffer.concat([cipher.update(plain), cipher.final()])
      return new Uint8Array(Buffer.concat([prefix, iv, text, cipher.getAuthTag()]))
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed)
      const id = bytes.subarray(1, prefixBytes)
      const known = bytes[0] === version ? ring.find((key) => key.id.equals(id)) : undefined
      if (!known || bytes.length < prefixBytes + ivBytes + tagBytes) {
        throw new SealBroken(
          `A value of ${place} was sealed with a key (${id.toString('hex')}) that is not configured. Add the key to EMAIL_ENC_KEY, behind the newest.`,
        )
      }
      const iv = bytes.subarray(prefixBytes, prefixBytes + ivBytes)
      const decipher = createDecipheriv('aes-256-gcm', known.key, iv, { authTagLength: tagBytes })
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(prefixBytes + ivBytes, -tagBytes)), decipher.final()])
      } catch (cause) {
        throw new SealBroken(`A value of ${place} was changed since it was sealed.`, { cause })
      }
    },
  }
}

/** A key as EMAIL_ENC_KEY and EMAIL_INDEX_KEY take it. */
export function newKey(): string {
  return randomBytes(keyBytes).toString('base64url')
}

/** Whether a text is a key: base64url of exactly 32 bytes. */
export function isKey(text: string): boolean {
  return /^[\w-]+=?$/.test(text) && Buffer.from(text, 'base64url').length === keyBytes
}

/** The id is a hash of the key, so that keys need no names and a wrong one is told from a damaged value. */
function readKey(text: string): { key: Buffer; id: Buffer } {
  if (!isKey(text)) throw new Error('An encryption key is not the base64url of 32 bytes.')
  const key = Buffer.from(text, 'base64url')
  return { key, id: createHash('sha256').update('key id').update(key).digest().subarray(0, keyIdBytes) }
}
