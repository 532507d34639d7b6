import { hash } from 'node:crypto'
import type { Upload } from '../../generated/prisma/client.ts'
import type { Reader } from '../../platform/database/db.ts'

/**
 * Stores the SHA-256 of a file's bytes, with which `storage verify` compares the object. The first digest is never
 * replaced: later reads are compared with it.
 */
export async function recordDigest(
  db: Reader,
  { id, sha256 }: Pick<Upload, 'id' | 'sha256'>,
  bytes: Uint8Array,
): Promise<void> {
  if (sha256 === null) await keepDigest(db, id, hash('sha256', bytes, 'hex'))
}

/** False if the row was deleted or already has a digest. */
export async function keepDigest(db: Reader, id: string, sha256: string): Promise<boolean> {
  const { count } = await db.upload.updateMany({ where: { id, sha256: null }, data: { sha256 } })
  return count === 1
}
