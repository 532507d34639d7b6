import { addAbortSignal, Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import type { Bucket } from '../../domains/uploads/ports.ts'
import { createR2Client, type RequestBounds } from './client.ts'
import { asThrown, failureCode, required } from './failures.ts'
import { objectKey } from './object-key.ts'
import { type BucketAccess, createPresigner } from './presign.ts'
import { writeStream } from './write-stream.ts'

// Error codes that are results for the caller, and the results.
const ABSENT = { NoSuchKey: null, NotFound: null } as const
const ABSENT_OR_EMPTY = { ...ABSENT, InvalidRange: 'empty' } as const
const ALREADY_DELETED = { NoSuchKey: undefined, NoSuchUpload: undefined } as const
const UNKNOWN_UPLOAD = { NoSuchUpload: 'unknown' } as const
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
 * A bucket of Cloudflare R2, or of another server with S3's path-style API (the embedded R2). A request is attempted three
 * times on a refused connection, timeout, 429, 500 and 502–504; then ProviderUnavailable('fileStore') is thrown with
 * the last failure as its cause. Other 5xx, refused credentials and a missing bucket throw it at once. A HEAD cannot tell
 * a missing bucket from a missing object, so `head` returns null for both. Disposing closes the connections.
 *
 * The client repeats a CompleteMultipartUpload whose response was lost. The result is then 'unknown' although the object
 * exists: on 'unknown', call `head`.
 *
 * Source: https://developers.cloudflare.com/r2/api/s3/api/ and …/r2/api/error-codes/
 */
export function createR2Bucket({
  deadlineMs = 60_000,
  streamDeadlineMs = 30 * 60_000,
  ...access
}: BucketAccess & RequestBounds): Bucket & Disposable {
  const client = createR2Client(access)
  const Bucket = access.bucket

  async function send<Result, Expected>(
    request: (options: { abortSignal: AbortSignal }) => Promise<Result>,
    expected: Readonly<Record<string, Expected>>,
    signal?: AbortSignal,
  ): Promise<Result | Expected> {
    const deadline = AbortSignal.timeout(deadlineMs)
    try {
      return await request({ abortSignal: signal ? AbortSignal.any([deadline, signal]) : deadline })
    } catch (error) {
      signal?.throwIfAborted()
      const code = failureCode(error)
      if (Object.hasOwn(expected, code)) return expected[code] as Expected
      throw asThrown(error)
    }
  }

  return {
    ...createPresigner(access),

    createMultipart: ({ key, contentType, contentDisposition }) =>
      send(async (options) => {
        const object = { Bucket, Key: objectKey(key), ContentType: contentType, ContentDisposition: contentDisposition }
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(object), options)
        return required(UploadId, 'UploadId')
      }, {}),

    completeMultipart: ({ key, multipartId, parts }) =>
      send(async (options) => {
        const Parts = parts.map((part) => ({ PartNumber: part.partNumber, ETag: `"${withoutQuotes(part.etag)}"` }))
        const upload = { Bucket, Key: objectKey(key), UploadId: multipartId, MultipartUpload: { Parts } }
        const { ETag } = await client.send(new CompleteMultipartUploadCommand(upload), options)
        required(ETag, 'ETag')
        return 'completed' as const
      }, NOT_COMPLETED),

    listParts: ({ key, multipartId, after, limit }) =>
      send(async (options) => {
        const page = { PartNumberMarker: String(after), MaxParts: limit }
        const upload = { Bucket, Key: objectKey(key), UploadId: multipartId, ...page }
        const { Parts = [] } = await client.send(new ListPartsCommand(upload), options)
        return Parts.map(({ PartNumber, ETag, Size }) => ({
          partNumber: required(PartNumber, 'PartNumber'),
          etag: withoutQuotes(required(ETag, 'ETag')),
          byteSize: required(Size, 'Size'),
        }))
      }, UNKNOWN_UPLOAD),

    abortMultipart: ({ key, multipartId }) =>
      send(async (options) => {
        const upload = { Bucket, Key: objectKey(key), UploadId: multipartId }
        await client.send(new AbortMultipartUploadCommand(upload), options)
      }, ALREADY_DELETED),

    head: (key) =>
      send(async (options) => {
        const object = await client.send(new HeadObjectCommand({ Bucket, Key: objectKey(key) }), options)
        return {
          byteSize: required(object.ContentLength, 'Content-Length'),
          contentType: object.ContentType ?? 'application/octet-stream',
          etag: withoutQuotes(required(object.ETag, 'ETag')),
        }
      }, ABSENT),

    readStart: async (key, maxBytes) => {
      const start = await send(async (options) => {
        const range = { Bucket, Key: objectKey(key), Range: `bytes=0-${maxBytes - 1}` }
        return bytesOf(await client.send(new GetObjectCommand(range), options))
      }, ABSENT_OR_EMPTY)
      return start === 'empty' ? new Uint8Array() : start
    },

    read: (key, signal) =>
      send(
        async (options) =>
          bytesOf(await client.send(new GetObjectCommand({ Bucket, Key: objectKey(key) }), options), signal),
        ABSENT,
        signal,
      ),

    readStream: async (key) => {
      try {
        const options = { abortSignal: AbortSignal.timeout(streamDeadlineMs) }
        const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key: objectKey(key) }), options)
        required(ETag, 'ETag')
        return chunksOf(required(Body, 'body') as unknown as AsyncIterable<Uint8Array>)
      } catch (error) {
        if (Object.hasOwn(ABSENT, failureCode(error))) return null
        throw asThrown(error)
      }
    },

    write: ({ key, contentType, contentDisposition, body }) =>
      send(async (options) => {
        const object = {
          Bucket,
          Key: objectKey(key),
          ContentType: contentType,
          ContentDisposition: contentDisposition,
          ContentLength: body.byteLength,
          Body: body,
        }
        const { ETag } = await client.send(new PutObjectCommand(object), options)
        required(ETag, 'ETag')
      }, {}),

    writeStream: (object) => writeStream(client, { Bucket, deadlineMs: streamDeadlineMs, ...object }),

    delete: (key) =>
      send(async (options) => {
        await client.send(new DeleteObjectCommand({ Bucket, Key: objectKey(key) }), options)
      }, ALREADY_DELETED),

    [Symbol.dispose]: () => client.destroy(),
  }
}

async function bytesOf({ Body, ETag }: GetObjectCommandOutput, signal?: AbortSignal): Promise<Uint8Array> {
  const body = required(Body, 'body')
  // The client's signal ends a request until its headers have arrived.
  if (signal && body instanceof Readable) addAbortSignal(signal, body)
  const bytes = await body.transformToByteArray()
  required(ETag, 'ETag')
  return bytes
}

/** A connection that breaks in the middle of a body is a failure of the bucket too. */
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
