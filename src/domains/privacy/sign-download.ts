import type { DataExport } from '../../generated/prisma/client.ts'
import type { Bucket, SignedRequest } from '../uploads/index.ts'
import { exportKey } from './export-file.ts'

/** A short-lived address of an export's file; null unless READY, and once its days are over, swept or not. */
export function signDownload(
  bucket: Bucket,
  { id: exportId, userId, status, expiresAt }: DataExport,
  validity: { now: Date; seconds: number },
): SignedRequest | null {
  if (status !== 'READY' || expiresAt === null || expiresAt <= validity.now) return null
  return bucket.signGet(exportKey({ userId, exportId }), validity)
}
