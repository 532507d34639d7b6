import { v7 as uuidv7 } from 'uuid'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Tx } from './db.ts'

export interface AuditRecord {
  readonly actorId: string
  /** What was done: credits.grant. */
  readonly action: string
  readonly subjectId: string
  readonly reason: string
  readonly before: Prisma.InputJsonObject
  readonly after: Prisma.InputJsonObject
  readonly now: Date
}

/** Writes down what an admin did, in the transaction that does it. The database refuses to change it afterwards. */
export async function recordAudit(tx: Tx, { now, ...record }: AuditRecord): Promise<void> {
  await tx.auditEntry.create({ data: { id: uuidv7(), ...record, createdAt: now } })
}
