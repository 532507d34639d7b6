import { z } from 'zod'
import type { Encryptor } from '../../../platform/encryption/encryptor.ts'
import type { PushAddress } from '../ports.ts'

/** The place that the ciphertexts of addresses are bound to. */
export const addressPlace = 'push_devices.address'

const stored = z.object({
  token: z.string(),
  keys: z.object({ p256dh: z.string(), auth: z.string() }).optional(),
})

export function encryptAddress(encryptor: Encryptor, address: PushAddress): Uint8Array<ArrayBuffer> {
  return encryptor.encrypt(JSON.stringify(address), addressPlace)
}

export function readAddress(encryptor: Encryptor, encrypted: Uint8Array): PushAddress {
  return stored.parse(JSON.parse(encryptor.decrypt(encrypted, addressPlace).toString('utf8')))
}
