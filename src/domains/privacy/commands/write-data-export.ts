import type { Prisma } from '../../../generated/prisma/client.ts'
import type { DataExportStatus } from '../../../generated/prisma/enums.ts'
import type { Database } from '../../../platform/database/db.ts'
import type { JobRun } from '../../../platform/jobs/job-run.ts'
import type { PersonalData } from '../../../platform/personal-data.ts'
import { type ExportRef, exportKey, removeExportFile, scheduleExportRemoval } from '../export-file.ts'
import { readme } from '../readme.ts'
import type { PrivacyServices } from '../services.ts'
import { type ZippedFile, zip } from '../zip.ts'

/** How long the file of a data export is kept. */
const lifetimeDays = 7

/**
 * Writes the ZIP of an export that is PENDING, and sets it to READY in one conditional update. Two concurrent runs write
 * the same object; the last write wins. If the export has ended in the meantime, or the user is being deleted, the object
 * is removed again.
 */
export async function writeDataExport(services: PrivacyServices, ref: ExportRef, run: JobRun): Promise<void> {
  const { db, bucket } = services
  try {
    if (await isStill('PENDING', db, ref)) {
      await write(services, ref, run.signal)
      await makeReady(services, ref)
    }
    if (!(await isStill('READY', db, ref))) await removeExportFile(bucket, ref)
  } catch (error) {
    if (run.isLastAttempt) await fail(db, ref)
    throw error
  }
}

async function isStill(status: DataExportStatus, { prisma }: Database, ref: ExportRef): Promise<boolean> {
  return (await prisma.dataExport.count({ where: whereIs(status, ref) })) === 1
}

/** The export with this status, if its user is not being deleted. */
function whereIs(status: DataExportStatus, { userId, exportId: id }: ExportRef): Prisma.DataExportWhereInput {
  return { id, userId, status, user: { standing: { notIn: ['DELETING', 'DELETED'] } } }
}

async function write(
  { db, bucket, personalData, clock }: PrivacyServices,
  ref: ExportRef,
  signal: AbortSignal,
): Promise<void> {
  const now = clock()
  await bucket.writeStream({
    key: exportKey(ref),
    contentType: 'application/zip',
    contentDisposition: `attachment; filename="data-export-${now.toISOString().slice(0, 10)}.zip"`,
    chunks: zip(filesOf(db, personalData(), { userId: ref.userId, signal }), now),
  })
}

/** The profile comes first: the order is the reverse of the erasure, which erases the user's row last. */
async function* filesOf(
  db: Database,
  personalData: readonly PersonalData[],
  { userId, signal }: { readonly userId: string; readonly signal: AbortSignal },
): AsyncGenerator<ZippedFile> {
  yield { path: 'README.txt', text: readme }
  for (const data of personalData.toReversed()) {
    for await (const { path, json } of data.exportFiles(db.prisma, userId)) {
      signal.throwIfAborted()
      yield { path, text: toText(json) }
    }
  }
}

/** Byte counts are bigints. All of them are below 2^53. */
function toText(json: unknown): string {
  const text = JSON.stringify(json, (_key, value) => (typeof value === 'bigint' ? Number(value) : value), 2)
  return `${text}\n`
}

async function makeReady({ db, clock }: PrivacyServices, ref: ExportRef): Promise<void> {
  const expiresAt = new Date(clock().getTime() + lifetimeDays * 86_400_000)
  await db.prisma.dataExport.updateMany({ where: whereIs('PENDING', ref), data: { status: 'READY', expiresAt } })
}

async function fail(db: Database, ref: ExportRef): Promise<void> {
  await db.transaction(async (tx) => {
    const { count } = await tx.dataExport.updateMany({
      where: { id: ref.exportId, status: 'PENDING' },
      data: { status: 'FAILED' },
    })
    if (count === 1) await scheduleExportRemoval(tx, ref)
  })
}
