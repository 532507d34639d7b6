import type { Upload } from '../../../generated/prisma/client.ts'
import { objectKey } from '../object-key.ts'
import type { Bucket } from '../ports.ts'
import { maxPartsAtOnce, type PlannedPart, partPlan } from '../sign-upload.ts'

export interface UploadPart extends PlannedPart {
  readonly upload: Upload & { readonly multipartId: string }
  readonly arrived: boolean
  /** Null until the part has arrived, and after the parts were joined. */
  readonly etag: string | null
}

export interface PartPage {
  /** 1 to 100; other numbers are changed to the nearest of them. */
  readonly first: number
  /** The parts after this part number. */
  readonly after: number
}

/**
 * The parts of an upload with what the bucket has of each; null for a file sent in one request or an upload that is not
 * PENDING. One request to the bucket. Throws ProviderUnavailable.
 */
export async function listParts(
  bucket: Pick<Bucket, 'listParts' | 'head'>,
  upload: Upload,
  page: PartPage,
): Promise<readonly UploadPart[] | null> {
  const { status, multipartId } = upload
  const plan = partPlan(upload)
  if (status !== 'PENDING' || plan === null || multipartId === null) return null
  const after = Math.max(page.after, 0)
  const planned = plan.slice(after, after + Math.min(Math.max(page.first, 1), maxPartsAtOnce))
  if (planned.length === 0) return []

  const key = objectKey(upload)
  const stored = await bucket.listParts({ key, multipartId, after, limit: planned.length })
  // The parts were joined by a completion that was killed, so the object exists; otherwise the bucket has nothing.
  const isJoined = stored === 'unknown' && (await bucket.head(key)) !== null
  const byNumber = new Map((stored === 'unknown' ? [] : stored).map((part) => [part.partNumber, part]))
  return planned.map((part) => {
    const found = byNumber.get(part.partNumber)
    const isWhole = found?.byteSize === part.byteSize
    return {
      ...part,
      upload: { ...upload, multipartId },
      arrived: isJoined || isWhole,
      etag: found && isWhole ? found.etag : null,
    }
  })
}
