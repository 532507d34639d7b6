import { hash } from 'node:crypto'
import type { Upload } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'

/**
 * Remembers the SHA-256 of a file's bytes, for `storage verify` to compare with. The first one stays: what the bucket
 * answers later is held against it, not put in its place.
 */
export async function noteDigest(
  db: Reader,
  { id, sha256 }: Pick<Upload, 'id' | 'sha256'>,
  bytes: Uint8Array,
): Promise<void> {
  if (sha256 === null) await keepDigest(db, id, hash('sha256', bytes, 'hex'))
}

/** False where the row is gone, or another one was first. */
export async function keepDigest(db: Reader, id: string, sha256: string): Promise<boolean> {
  const { count } = await db.upload.updateMany({ where: { id, sha256: null }, data: { sha256 } })
  return count === 1
}
