import type { Upload } from '../../generated/prisma/client.ts'
import { contentDispositionOf } from './content-disposition.ts'
import { objectKey } from './object-key.ts'
import type { Bucket, SignedRequest } from './ports.ts'

/** How long a presigned URL for sending is valid. Repeating the request with the same key returns a new one. */
export const addressSeconds = 10 * 60

export interface PlannedPart {
  readonly partNumber: number
  /** Bytes. */
  readonly byteSize: number
}

/** The parts of a multipart upload, all of equal size except the last; null for a file sent in one request. */
export function partPlan(upload: Pick<Upload, 'byteSize' | 'partByteSize'>): readonly PlannedPart[] | null {
  if (upload.partByteSize === null) return null
  const total = Number(upload.byteSize)
  const size = upload.partByteSize
  return Array.from({ length: Math.ceil(total / size) }, (_, index) => ({
    partNumber: index + 1,
    byteSize: Math.min(size, total - index * size),
  }))
}

/** The request that sends the whole file; null for a multipart upload or one that is not PENDING. */
export async function signWhole(bucket: Bucket, upload: Upload, now: Date): Promise<SignedRequest | null> {
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

/** The largest number of parts that one response contains. */
export const maxPartsAtOnce = 100

/**
 * The requests that send the first 100 parts; null for a file sent in one request or an upload that is not PENDING.
 */
export async function signParts(bucket: Bucket, upload: Upload, now: Date): Promise<readonly SignedPart[] | null> {
  const { multipartId } = upload
  const plan = partPlan(upload)
  if (upload.status !== 'PENDING' || plan === null || multipartId === null) return null
  return Promise.all(
    plan.slice(0, maxPartsAtOnce).map(async (part) => ({
      ...part,
      request: await signPart(bucket, { ...upload, multipartId }, part, now),
    })),
  )
}

/** The request that sends a part. */
export function signPart(
  bucket: Bucket,
  upload: Pick<Upload, 'id' | 'userId'> & { readonly multipartId: string },
  { partNumber, byteSize }: PlannedPart,
  now: Date,
): Promise<SignedRequest> {
  const part = { key: objectKey(upload), multipartId: upload.multipartId, partNumber, byteSize }
  return bucket.signPart(part, { now, seconds: addressSeconds })
}

/** A presigned URL to download the file of a READY upload; null for any other upload. */
export async function signDownload(
  bucket: Bucket,
  upload: Upload,
  validity: { now: Date; seconds: number },
): Promise<SignedRequest | null> {
  return upload.status === 'READY' ? bucket.signGet(objectKey(upload), validity) : null
}
