import type { Prisma } from '../../generated/prisma/client.ts'
import type { DataExportStatus } from '../../generated/prisma/enums.ts'
import type { Database } from '../../platform/database/db.ts'
import type { PersonalData } from '../../platform/personal-data.ts'
import type { JobRun } from '../../platform/queue/jobs.ts'
import type { Bucket } from '../uploads/index.ts'
import { type ExportRef, exportKey, removeExportFile, scheduleExportRemoval } from './export-file.ts'
import { readme } from './readme.ts'
import { type ZippedFile, zip } from './zip.ts'

/** How long the file of a data export is there. */
const lifetimeDays = 7

export interface WriteDataExportPorts {
  readonly db: Database
  readonly bucket: Bucket
  readonly personalData: readonly PersonalData[]
  readonly clock: () => Date
}

/**
 * Writes the ZIP of an export that is PENDING, and makes it READY in one conditional update. Two runs at once write the
 * same object, one after the other. Where the export ended otherwise meanwhile, or the person is being deleted, the object
 * is removed again.
 */
export async function writeDataExport(ports: WriteDataExportPorts, ref: ExportRef, run: JobRun): Promise<void> {
  const { db, bucket } = ports
  try {
    if (await isStill('PENDING', db, ref)) {
      await write(ports, ref)
      await makeReady(ports, ref)
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

/** The export in that state, while its person is not being deleted. */
function whereIs(status: DataExportStatus, { userId, exportId: id }: ExportRef): Prisma.DataExportWhereInput {
  return { id, userId, status, user: { standing: { notIn: ['DELETING', 'DELETED'] } } }
}

async function write({ db, bucket, personalData, clock }: WriteDataExportPorts, ref: ExportRef): Promise<void> {
  const now = clock()
  await bucket.writeStream({
    key: exportKey(ref),
    contentType: 'application/zip',
    contentDisposition: `attachment; filename="data-export-${now.toISOString().slice(0, 10)}.zip"`,
    chunks: zip(filesOf(db, personalData, ref.userId), now),
  })
}

/** The person comes first, as nobody looks for themselves at the end. */
async function* filesOf(
  db: Database,
  personalData: readonly PersonalData[],
  userId: string,
): AsyncGenerator<ZippedFile> {
  yield { path: 'README.txt', text: readme }
  for (const data of personalData.toReversed()) {
    for await (const { path, json } of data.exportFiles(db.prisma, userId)) yield { path, text: toText(json) }
  }
}

/** Bytes are counted in bigints; none of ours is above 2^53. */
function toText(json: unknown): string {
  const text = JSON.stringify(json, (_key, value) => (typeof value === 'bigint' ? Number(value) : value), 2)
  return `${text}\n`
}

async function makeReady({ db, clock }: WriteDataExportPorts, ref: ExportRef): Promise<void> {
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
