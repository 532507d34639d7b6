import type { Upload } from '../../generated/prisma/client.ts'
import { contentDispositionOf } from './content-disposition.ts'
import { objectKey } from './object-key.ts'
import type { Bucket, SignedRequest } from './ports.ts'

/** How long an address for sending works; asking again with the same key gives a new one. */
export const addressSeconds = 10 * 60

export interface PlannedPart {
  readonly partNumber: number
  /** Bytes. */
  readonly byteSize: number
}

/** The parts in which a file goes up, equal but the last; null for a file that goes up in one request. */
export function partPlan(upload: Pick<Upload, 'byteSize' | 'partByteSize'>): readonly PlannedPart[] | null {
  if (upload.partByteSize === null) return null
  const total = Number(upload.byteSize)
  const size = upload.partByteSize
  return Array.from({ length: Math.ceil(total / size) }, (_, index) => ({
    partNumber: index + 1,
    byteSize: Math.min(size, total - index * size),
  }))
}

/** The request that carries the whole file; null when it goes up in parts or no longer waits for its file. */
export function signWhole(bucket: Bucket, upload: Upload, now: Date): SignedRequest | null {
  if (upload.status !== 'PENDING' || upload.partByteSize !== null) return null
  const { contentType, contentMd5 } = upload
  return bucket.signPut(
    {
      key: objectKey(upload),
      contentType,
      contentDisposition: contentDispositionOf(upload.filename),
      byteSize: Number(upload.byteSize),
      contentMd5,
    },
    { now, seconds: addressSeconds },
  )
}

export interface SignedPart extends PlannedPart {
  readonly request: SignedRequest
}

/** The requests that carry the parts; null when it goes up in one or no longer waits for its file. */
export function signParts(bucket: Bucket, upload: Upload, now: Date): readonly SignedPart[] | null {
  const { multipartId } = upload
  const plan = partPlan(upload)
  if (upload.status !== 'PENDING' || plan === null || multipartId === null) return null
  const key = objectKey(upload)
  return plan.map((part) => ({
    ...part,
    request: bucket.signPart({ key, multipartId, ...part }, { now, seconds: addressSeconds }),
  }))
}

/** A short-lived address of a file that is here; null for any other upload. */
export function signDownload(
  bucket: Bucket,
  upload: Upload,
  validity: { now: Date; seconds: number },
): SignedRequest | null {
  return upload.status === 'READY' ? bucket.signGet(objectKey(upload), validity) : null
}
