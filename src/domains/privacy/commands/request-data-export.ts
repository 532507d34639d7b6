import { v7 as uuidv7 } from 'uuid'
import type { DataExport } from '../../../generated/prisma/client.ts'
import type { Tx } from '../../../platform/database/db.ts'
import { enqueue } from '../../../platform/jobs/define-job.ts'
import { runAs, type Viewer } from '../../users/index.ts'
import { writeExport } from '../job-types.ts'
import type { PrivacyServices } from '../services.ts'

/** How long a finished export is returned again. */
const freshMs = 3_600_000

/**
 * Requests a ZIP of all data stored about a user. The user's row is locked, so of two concurrent requests the second
 * returns the export that the first one started. Throws Unauthenticated for a user who is being deleted.
 */
export function requestDataExport(services: PrivacyServices, viewer: Viewer): Promise<DataExport> {
  const now = services.clock()
  return runAs(services, viewer, (tx) => findOrCreate(tx, viewer.id, now))
}

async function findOrCreate(tx: Tx, userId: string, now: Date): Promise<DataExport> {
  const present = await tx.dataExport.findFirst({
    where: {
      userId,
      OR: [{ status: 'PENDING' }, { status: 'READY', createdAt: { gt: new Date(now.getTime() - freshMs) } }],
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  })
  if (present) return present
  const created = await tx.dataExport.create({ data: { id: uuidv7(), userId, createdAt: now } })
  await enqueue(tx, writeExport, { userId, exportId: created.id }, { key: created.id })
  return created
}
