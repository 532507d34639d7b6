import type { Reader, Tx } from '../database/db.ts'
import type { Encryptor } from '../encryption/encryptor.ts'
import { bodyPlace } from './inbox.ts'

/** The decrypted body of an event; null if the event or its body was deleted. */
export async function readBody(db: Reader, encryptor: Encryptor, id: string): Promise<Buffer | null> {
  const row = await db.inboxEvent.findUnique({ where: { id }, select: { body: true } })
  return row?.body ? encryptor.decrypt(row.body, bodyPlace) : null
}

/** Deletes the body of an event. The row stays as a record that the event was received and processed. */
export async function eraseBody(tx: Tx, id: string): Promise<void> {
  await tx.inboxEvent.update({ where: { id }, data: { body: null } })
}

/** Deletes the provider's name of the user whom an event is about. */
export async function eraseSubject(tx: Tx, id: string): Promise<void> {
  await tx.inboxEvent.update({ where: { id }, data: { subject: null } })
}
