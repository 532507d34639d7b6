import type { Ciphertext, Encryptor } from '../encryption/encryptor.ts'

/** The places that encrypted text is bound to. */
export const chunkPlace = 'stream_chunks.text'
export const streamTextPlace = 'streams.text'

type Place = typeof chunkPlace | typeof streamTextPlace

/** As JSON: a chunk may end within a surrogate pair, of which UTF-8 would lose both halves. */
export function encryptText(encryptor: Encryptor, text: string, place: Place): Ciphertext {
  return encryptor.encrypt(JSON.stringify(text), place)
}

export function decryptText(encryptor: Encryptor, bytes: Uint8Array, place: Place): string {
  return JSON.parse(encryptor.decrypt(bytes, place).toString('utf8'))
}
