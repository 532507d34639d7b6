import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import type { Bucket } from '../../domains/uploads/ports.ts'
import { createR2Client, type Patience } from './client.ts'
import { answered, asThrown, failureCode } from './failures.ts'
import { objectKey } from './object-key.ts'
import { type BucketAccess, createPresigner } from './presign.ts'
import { writeStream } from './write-stream.ts'

// What the bucket may answer, by its code, and what that means to the caller.
const ABSENT = { NoSuchKey: null, NotFound: null } as const
const ABSENT_OR_EMPTY = { ...ABSENT, InvalidRange: 'empty' } as const
const GONE = { NoSuchKey: undefined, NoSuchUpload: undefined } as const
const NOT_COMPLETED = {
  NoSuchUpload: 'unknown',
  InvalidPart: 'invalid-parts',
  InvalidPartOrder: 'invalid-parts',
  EntityTooSmall: 'invalid-parts',
  EntityTooLarge: 'invalid-parts',
  // No parts at all.
  MalformedXML: 'invalid-parts',
} as const

/**
 * A bucket of Cloudflare R2, or of anything that speaks S3's path-style API (the embedded R2). A request is tried three
 * times on refusal, time-out, 429, 500 and 502–504, then throws ProviderUnavailable('The file store') with the last
 * failure as its cause; so do, at once, other 5xx, refused credentials and a bucket that is not there. A HEAD cannot
 * tell a missing bucket from a missing object, so `head` answers null for both. Dispose of it to close its connections.
 *
 * A CompleteMultipartUpload whose answer was lost is tried again by itself and then answers 'unknown', though the
 * object is there: on 'unknown', ask `head`.
 *
 * Source: https://developers.cloudflare.com/r2/api/s3/api/ and …/r2/api/error-codes/
 */
export function createR2Bucket({
  deadlineMs = 60_000,
  streamDeadlineMs = 30 * 60_000,
  ...options
}: BucketAccess & Patience): Bucket & Disposable {
  const client = createR2Client(options)
  const Bucket = options.bucket

  async function ask<Answer, Expected>(
    request: (within: { abortSignal: AbortSignal }) => Promise<Answer>,
    expected: Readonly<Record<string, Expected>>,
  ): Promise<Answer | Expected> {
    try {
      return await request({ abortSignal: AbortSignal.timeout(deadlineMs) })
    } catch (error) {
      const code = failureCode(error)
      if (Object.hasOwn(expected, code)) return expected[code] as Expected
      throw asThrown(error)
    }
  }

  return {
    ...createPresigner(options),

    createMultipart: ({ key, contentType, contentDisposition }) =>
      ask(async (within) => {
        const object = { Bucket, Key: objectKey(key), ContentType: contentType, ContentDisposition: contentDisposition }
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(object), within)
        return answered(UploadId, 'UploadId')
      }, {}),

    completeMultipart: ({ key, multipartId, parts }) =>
      ask(async (within) => {
        const Parts = parts.map((part) => ({ PartNumber: part.partNumber, ETag: `"${withoutQuotes(part.etag)}"` }))
        const upload = { Bucket, Key: objectKey(key), UploadId: multipartId, MultipartUpload: { Parts } }
        const { ETag } = await client.send(new CompleteMultipartUploadCommand(upload), within)
        answered(ETag, 'ETag')
        return 'completed' as const
      }, NOT_COMPLETED),

    abortMultipart: ({ key, multipartId }) =>
      ask(async (within) => {
        const upload = { Bucket, Key: objectKey(key), UploadId: multipartId }
        await client.send(new AbortMultipartUploadCommand(upload), within)
      }, GONE),

    head: (key) =>
      ask(async (within) => {
        const answer = await client.send(new HeadObjectCommand({ Bucket, Key: objectKey(key) }), within)
        return {
          byteSize: answered(answer.ContentLength, 'Content-Length'),
          contentType: answer.ContentType ?? 'application/octet-stream',
          etag: withoutQuotes(answered(answer.ETag, 'ETag')),
        }
      }, ABSENT),

    readStart: async (key, maxBytes) => {
      const start = await ask(async (within) => {
        const range = { Bucket, Key: objectKey(key), Range: `bytes=0-${maxBytes - 1}` }
        return bytesOf(await client.send(new GetObjectCommand(range), within))
      }, ABSENT_OR_EMPTY)
      return start === 'empty' ? new Uint8Array() : start
    },

    read: (key) =>
      ask(async (within) => {
        return bytesOf(await client.send(new GetObjectCommand({ Bucket, Key: objectKey(key) }), within))
      }, ABSENT),

    readStream: async (key) => {
      try {
        const within = { abortSignal: AbortSignal.timeout(streamDeadlineMs) }
        const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key: objectKey(key) }), within)
        answered(ETag, 'ETag')
        return chunksOf(answered(Body, 'body') as unknown as AsyncIterable<Uint8Array>)
      } catch (error) {
        if (Object.hasOwn(ABSENT, failureCode(error))) return null
        throw asThrown(error)
      }
    },

    write: ({ key, contentType, contentDisposition, body }) =>
      ask(async (within) => {
        const object = {
          Bucket,
          Key: objectKey(key),
          ContentType: contentType,
          ContentDisposition: contentDisposition,
          ContentLength: body.byteLength,
          Body: body,
        }
        const { ETag } = await client.send(new PutObjectCommand(object), within)
        answered(ETag, 'ETag')
      }, {}),

    writeStream: (object) => writeStream(client, { Bucket, deadlineMs: streamDeadlineMs, ...object }),

    delete: (key) =>
      ask(async (within) => {
        await client.send(new DeleteObjectCommand({ Bucket, Key: objectKey(key) }), within)
      }, GONE),

    [Symbol.dispose]: () => client.destroy(),
  }
}

async function bytesOf({ Body, ETag }: GetObjectCommandOutput): Promise<Uint8Array> {
  const bytes = await answered(Body, 'body').transformToByteArray()
  answered(ETag, 'ETag')
  return bytes
}

/** A connection that breaks half way is the bucket's failure too. */
async function* chunksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw asThrown(error)
  }
}

function withoutQuotes(etag: string): string {
  return etag.replace(/^(?:W\/)?"?|"?$/g, '')
}
