import type { UploadKind } from '../../generated/prisma/enums.ts'
import type { Tx } from '../../platform/database/db.ts'

/**
 * What a file of some kind belongs to. A higher domain implements it and app/ passes it in, so that uploads know
 * nothing of activities. Everything happens in the upload's own transaction, after the upload's row is locked.
 */
export interface UploadOwner {
  /** A file was requested: takes it for `targetId`, or makes something new that waits for it. */
  requested(tx: Tx, upload: { id: string; userId: string; targetId: string | null; now: Date }): Promise<void>
  /** The file is here and fits. */
  completed(tx: Tx, upload: { id: string }): Promise<void>
  /** The deadline passed; what only waited for this file is over. */
  expired(tx: Tx, upload: { id: string }): Promise<void>
}

export type UploadOwners = Readonly<Partial<Record<UploadKind, UploadOwner>>>
