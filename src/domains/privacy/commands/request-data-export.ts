import { v7 as uuidv7 } from 'uuid'
import type { DataExport } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { InvalidInput } from '../../../platform/errors.ts'
import { claimKey, keyProblem } from '../../../platform/idempotency/idempotency.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { writeExport } from '../job-types.ts'
import type { PrivacyServices } from '../services.ts'

/** How long a finished export is returned again. */
const freshMs = 3_600_000

/**
 * Requests a ZIP of all data stored about a user. The user's row is locked, so of two concurrent requests the second
 * returns the export that the first one started. The same key returns the same export for 24 hours. Throws InvalidInput,
 * and Unauthenticated for a user who is being deleted.
 */
export async function requestDataExport(
  services: PrivacyServices,
  viewer: Viewer,
  idempotencyKey: string,
): Promise<DataExport> {
  const problem = keyProblem(idempotencyKey)
  if (problem) throw InvalidInput.of('idempotencyKey', problem)
  const request = { userId: viewer.id, idempotencyKey, now: services.clock() }
  return runAs(services, viewer, (tx) => findOrCreate(tx, request))
}

interface ExportRequest {
  readonly userId: string
  readonly idempotencyKey: string
  readonly now: Date
}

async function findOrCreate(tx: Tx, { userId, idempotencyKey, now }: ExportRequest): Promise<DataExport> {
  const present = await tx.dataExport.findFirst({
    where: {
      userId,
      OR: [{ status: 'PENDING' }, { status: 'READY', createdAt: { gt: new Date(now.getTime() - freshMs) } }],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  })
  const exportId = present?.id ?? uuidv7()
  const claim = { userId, mutation: 'requestDataExport', key: idempotencyKey, input: [], result: { exportId }, now }
  const claimed = await claimKey(tx, claim)
  if (!claimed.isNew) return tx.dataExport.findUniqueOrThrow({ where: { id: claimed.result.exportId } })
  if (present) return present
  const created = await tx.dataExport.create({ data: { id: exportId, userId, createdAt: now } })
  await enqueue(tx, writeExport, { userId, exportId }, { key: exportId })
  return created
}
