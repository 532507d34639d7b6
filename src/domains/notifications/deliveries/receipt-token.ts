import { timingSafeEqual } from 'node:crypto'
import { createBlindIndex } from '../../../platform/encryption/blind-index.ts'

/** The delivery that a receipt token confirms. */
export interface ReceiptSubject {
  readonly userId: string
  readonly notificationId: string
}

/** Tokens that confirm the delivery of one push message and nothing else. They need no session, and contain no secret. */
export interface ReceiptTokens {
  sign(subject: ReceiptSubject): string
  /** Null for a token that this server has not signed. */
  read(token: string): ReceiptSubject | null
}

const idBytes = 16
/** A sixth of what HMAC-SHA256 gives is left out: push payloads are short. */
const signatureLength = 32

export function createReceiptTokens(indexKey: string): ReceiptTokens {
  const hash = createBlindIndex(indexKey, 'notifications.receipt')
  const signatureOf = (ids: string) => hash(ids).slice(0, signatureLength)
  return {
    sign({ userId, notificationId }) {
      const ids = Buffer.concat([bytesOf(userId), bytesOf(notificationId)]).toString('base64url')
      return `${ids}.${signatureOf(ids)}`
    },
    read(token) {
      const [ids = '', signature = '', rest] = token.slice(0, 200).split('.')
      const expected = Buffer.from(signatureOf(ids))
      const given = Buffer.from(signature)
      if (rest !== undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) return null
      const bytes = Buffer.from(ids, 'base64url')
      if (bytes.length !== 2 * idBytes) return null
      return { userId: uuidOf(bytes.subarray(0, idBytes)), notificationId: uuidOf(bytes.subarray(idBytes)) }
    },
  }
}

const bytesOf = (uuid: string) => Buffer.from(uuid.replaceAll('-', ''), 'hex')

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
