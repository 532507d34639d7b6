import { v7 as uuidv7 } from 'uuid'
import type { Prisma } from '../generated/prisma/client.ts'
import type { Reader, Tx } from './database/db.ts'
import { currentRequest } from './observability/current-request.ts'

export interface AuditRecord {
  readonly actorId: string
  /** For example credits.grant. */
  readonly action: string
  readonly subjectId: string
  readonly reason: string
  readonly before: Prisma.InputJsonObject
  readonly after: Prisma.InputJsonObject
  readonly now: Date
}

/** Records what an admin did, in the same transaction. The database refuses later changes. */
export async function recordAudit(tx: Tx, { now, ...record }: AuditRecord): Promise<void> {
  await tx.auditEntry.create({ data: { id: uuidv7(), ...record, ...currentOperation(), createdAt: now } })
}

/** Records whose data an admin reads, before it is returned: one statement for all of them. */
export async function recordReads(
  db: Reader,
  { actorId, subjectIds, now }: { actorId: string; subjectIds: readonly string[]; now: Date },
): Promise<void> {
  const { requestId = null, operation = null } = currentOperation()
  // Raw SQL: Prisma compiles a createMany anew each time, which takes longer than the statement.
  await db.$executeRaw`
    INSERT INTO audit_log (id, actor_id, action, subject_id, request_id, operation, created_at)
    SELECT id, ${actorId}::uuid, 'person.read', subject_id, ${requestId}, ${operation}, ${now}
    FROM unnest(${subjectIds.map(() => uuidv7())}::uuid[], ${subjectIds}::uuid[]) AS person (id, subject_id)`
}

/** Records an operation of an operator who impersonates a user, before it is executed. */
export async function recordImpersonation(
  db: Reader,
  entry: { readonly actorClerkId: string; readonly action: string; readonly subjectId: string; readonly now: Date },
): Promise<void> {
  const { now, ...record } = entry
  await db.auditEntry.create({ data: { id: uuidv7(), ...record, ...currentOperation(), createdAt: now } })
}

/** The current request and its operation, without its variables, which name people. */
function currentOperation() {
  const request = currentRequest.getStore()
  if (!request) return {}
  const { id: requestId, operation, rootFields } = request
  return { requestId, operation: rootFields ? `${operation} { ${rootFields.join(' ')} }` : (operation ?? null) }
}
