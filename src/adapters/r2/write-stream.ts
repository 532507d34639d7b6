import { Readable } from 'node:stream'
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { asThrown, required } from './failures.ts'
import { objectKey } from './object-key.ts'

/** R2 requires parts of equal size, except the last. Two of them are in memory: one is sent while the next one fills. */
const partByteSize = 8 * 1024 * 1024

export interface StreamedObject {
  readonly Bucket: string
  readonly key: string
  readonly contentType: string
  readonly contentDisposition: string
  readonly chunks: AsyncIterable<Uint8Array>
  readonly deadlineMs: number
}

/** Sends less than a part in one request, and more as a multipart upload, which is aborted after any failure. */
export async function writeStream(client: S3Client, object: StreamedObject): Promise<void> {
  const { Bucket, chunks, contentType, contentDisposition, deadlineMs } = object
  const Key = objectKey(object.key)
  const source = recordFailure(chunks)
  const abortController = new AbortController()
  const deadline = setTimeout(() => abortController.abort(), deadlineMs)
  const upload = new Upload({
    client,
    queueSize: 1,
    partSize: partByteSize,
    abortController,
    params: {
      Bucket,
      Key,
      ContentType: contentType,
      ContentDisposition: contentDisposition,
      Body: Readable.from(source.chunks),
    },
  })
  try {
    const { ETag } = await upload.done()
    required(ETag, 'ETag')
  } catch (error) {
    // The library aborts after most failures only. The bucket aborts the rest after seven days.
    if (upload.uploadId !== undefined) {
      const UploadId = upload.uploadId
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined)
    }
    const failure = source.failure()
    throw failure ? failure.error : asThrown(error)
  } finally {
    clearTimeout(deadline)
  }
}

/**
 * Records an error of the source: an unreachable database and an unreachable bucket give the same connection errors, so
 * the error alone does not say which of them failed. The iterator has no `throw`, with which the stream would pass its
 * own failure to the source.
 */
function recordFailure(chunks: AsyncIterable<Uint8Array>) {
  const iterator = chunks[Symbol.asyncIterator]()
  let failure: { readonly error: unknown } | null = null
  const next = async () => {
    try {
      return await iterator.next()
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  const end = async () => (await iterator.return?.()) ?? { done: true as const, value: undefined }
  return {
    failure: (): { readonly error: unknown } | null => failure,
    chunks: { [Symbol.asyncIterator]: () => ({ next, return: end }) },
  }
}
