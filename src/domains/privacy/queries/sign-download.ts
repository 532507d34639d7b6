import type { DataExport } from '../../../generated/prisma/client.ts'
import type { Bucket, SignedRequest } from '../../uploads/index.ts'
import { exportKey } from '../export-file.ts'

/** A short-lived URL of an export's file. Null unless it is READY, and after expiresAt, even before the sweep. */
export async function signDownload(
  bucket: Bucket,
  { id: exportId, userId, status, expiresAt }: DataExport,
  validity: { now: Date; seconds: number },
): Promise<SignedRequest | null> {
  if (status !== 'READY' || expiresAt === null || expiresAt <= validity.now) return null
  return bucket.signGet(exportKey({ userId, exportId }), validity)
}
