import { z } from 'zod'
import type { Encryptor } from '../../../platform/encryption/encryptor.ts'
import { formatMessage, type Localization } from '../../../platform/messages/format-message.ts'
import { fromStored, type Message, type MessageValues } from '../../../platform/messages/message.ts'
import type { NotificationType } from '../notification-type.ts'

/** The place that the ciphertexts of title and body are bound to. */
export const textPlace = 'notifications.text'

export interface NotificationText {
  readonly title: Message
  readonly body: Message
}

/** Instants are stored as objects, so that they are written in the reader's time zone. */
const value = z.union([z.string(), z.number(), z.object({ instant: z.iso.datetime() })])
const message = z.object({ key: z.string(), values: z.record(z.string(), value) })
const stored = z.object({ title: message, body: message })

type StoredText = z.infer<typeof stored>

/** The text as it is stored: keys and values, encrypted, since values are personal data. */
export function encryptText(encryptor: Encryptor, { title, body }: NotificationText): Uint8Array<ArrayBuffer> {
  return encryptor.encrypt(JSON.stringify({ title: toStored(title), body: toStored(body) }), textPlace)
}

function toStored({ key, values }: Message): StoredText['title'] {
  const entries = Object.entries(values).map(([name, each]) => [
    name,
    each instanceof Date ? { instant: each.toISOString() } : each,
  ])
  return { key, values: Object.fromEntries(entries) }
}

/** The stored keys and values, for the data export. */
export function decryptText(encryptor: Encryptor, encrypted: Uint8Array): StoredText {
  return stored.parse(JSON.parse(encryptor.decrypt(encrypted, textPlace).toString('utf8')))
}

/** What a title or body says. A text of a type or key that this release does not have is empty. */
export function writeText(
  type: NotificationType | undefined,
  { key, values }: StoredText['title'],
  { localization, now }: { readonly localization: Localization; readonly now?: Date },
): string {
  const instants: MessageValues = Object.fromEntries(
    Object.entries(values).map(([name, each]) => [
      name,
      typeof each === 'object' && 'instant' in each ? new Date(each.instant) : each,
    ]),
  )
  const present = now && type?.valuesAt ? { ...instants, ...type.valuesAt(instants, now) } : instants
  const found = type && fromStored(type.messages, { key, values: {} })
  return found ? formatMessage({ ...found, values: present }, localization) : ''
}
