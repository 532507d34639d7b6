import { v7 as uuidv7 } from 'uuid'
import type { Upload } from '../../generated/prisma/client.ts'
import type { UploadKind } from '../../generated/prisma/enums.ts'
import type { Reader, Tx } from '../../platform/database/db.ts'
import { uploadLifetimeHours } from './request-upload.ts'
import { addressSeconds } from './sign-upload.ts'

export interface BroughtFile {
  readonly userId: string
  readonly kind: UploadKind
  readonly filename: string
  readonly contentType: string
  readonly byteSize: number
  readonly now: Date
}

/**
 * Makes the row of a file that the server itself brings: it is written (`writeFile`) and completed after this transaction.
 * If nobody does so, it expires as any other. No address is signed, but the row says so: whoever deletes it meanwhile has
 * the object looked for once more when a writing that had begun must be over.
 */
export function bringUpload(tx: Tx, { now, ...file }: BroughtFile): Promise<Upload> {
  return tx.upload.create({ data: { ...file, id: uuidv7(), createdAt: now, ...deadlines(now) } })
}

/** The file of that row is brought after all: it waits as long again. */
export async function bringAgain(db: Reader, id: string, now: Date): Promise<void> {
  await db.upload.updateMany({ where: { id, status: 'PENDING' }, data: deadlines(now) })
}

function deadlines(now: Date) {
  return {
    expiresAt: new Date(now.getTime() + uploadLifetimeHours * 3_600_000),
    addressesLapseAt: new Date(now.getTime() + addressSeconds * 1000),
  }
}
