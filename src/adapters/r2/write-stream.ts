import { Readable } from 'node:stream'
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { answered, asThrown } from './failures.ts'
import { objectKey } from './object-key.ts'

/** R2 wants parts of one size (but for the last). Two of these are in memory: one on its way, one that fills. */
const partByteSize = 8 * 1024 * 1024

export interface StreamedObject {
  readonly Bucket: string
  readonly key: string
  readonly contentType: string
  readonly contentDisposition: string
  readonly chunks: AsyncIterable<Uint8Array>
  readonly deadlineMs: number
}

/** Less than a part goes up in one request, more in a multipart upload, which is aborted if anything fails. */
export async function writeStream(client: S3Client, object: StreamedObject): Promise<void> {
  const { Bucket, chunks, contentType, contentDisposition, deadlineMs } = object
  const Key = objectKey(object.key)
  const source = remembersFailure(chunks)
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
    answered(ETag, 'ETag')
  } catch (error) {
    // The library does so for most failures only. What is left is aborted by the bucket after seven days.
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
 * A database that is away looks like a bucket that is away: both are refused connections. So it is noted who failed. The
 * iterator has no `throw`, by which the stream would tell it of its own end.
 */
function remembersFailure(chunks: AsyncIterable<Uint8Array>) {
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
