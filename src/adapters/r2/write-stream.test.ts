import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Bucket } from '../../domains/uploads/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { type BucketProxy, startBucketProxy } from '../../testing/bucket-proxy.ts'
import { createR2Bucket } from './bucket.ts'

const MIB = 1024 * 1024
let proxy: BucketProxy
let bucket: Bucket & Disposable
beforeAll(async () => {
  proxy = await startBucketProxy()
  bucket = createR2Bucket({ ...proxy.bucket, bucket: inject('bucket').name, requestMs: 5_000 })
})
afterAll(async () => {
  bucket[Symbol.dispose]()
  await proxy[Symbol.asyncDispose]()
})

async function* inChunks(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const object = (chunks: AsyncIterable<Uint8Array>, key = `streams/${randomUUID()}`) => ({
  key,
  contentType: 'application/zip',
  contentDisposition: 'attachment; filename="a.zip"',
  chunks,
})

describe('a stream', () => {
  test.each([0, 1, 5 * MIB])('of %d bytes is sent in one request', async (size) => {
    const bytes = randomBytes(size)
    const wanted = object(inChunks(bytes))
    await bucket.writeStream(wanted)
    expect(await bucket.read(wanted.key)).toEqual(new Uint8Array(bytes))
    expect(await bucket.head(wanted.key)).toMatchObject({ byteSize: size, contentType: 'application/zip' })
    const { url } = await bucket.signGet(wanted.key, { now: new Date(), seconds: 60 })
    expect((await fetch(url)).headers.get('content-disposition')).toBe(wanted.contentDisposition)
  })

  test('of 20 MiB is sent in equal parts of 8, and replaces the object', async () => {
    const bytes = randomBytes(20 * MIB)
    const wanted = object(inChunks(bytes))
    await bucket.write({ ...wanted, body: Buffer.from('before') })
    await bucket.writeStream(wanted)
    expect(Buffer.from((await bucket.read(wanted.key)) ?? []).equals(bytes)).toBe(true)
    expect(await bucket.head(wanted.key)).toMatchObject({ contentType: 'application/zip' })
    expect(proxy.requests.filter((line) => line.includes(wanted.key) && line.includes('partNumber='))).toHaveLength(3)
  })

  test.each([MIB, 20 * MIB])(
    'that fails after %d bytes leaves no object, and throws the error of its source',
    async (size) => {
      const failure = Object.assign(new Error('the database is unreachable'), { code: 'ECONNREFUSED' })
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield* inChunks(randomBytes(size))
        throw failure
      }
      const wanted = object(breaking())
      await expect(bucket.writeStream(wanted)).rejects.toBe(failure)
      expect(await bucket.head(wanted.key)).toBeNull()
      if (size > 8 * MIB)
        expect(proxy.requests.some((line) => line.startsWith('DELETE') && line.includes(wanted.key))).toBe(true)
    },
  )

  test.each(['partNumber=2', 'uploads=', 'POST '])(
    'is ProviderUnavailable where the bucket fails at %s',
    async (where) => {
      let released = false
      async function* watched(): AsyncGenerator<Uint8Array> {
        try {
          yield* inChunks(randomBytes(20 * MIB))
        } finally {
          released = true
        }
      }
      const wanted = object(watched())
      proxy.failsFor = (line) => line.includes(where) && line.includes(wanted.key)
      try {
        await expect(bucket.writeStream(wanted)).rejects.toBeInstanceOf(ProviderUnavailable)
      } finally {
        proxy.failsFor = null
      }
      expect(released).toBe(true)
      expect(await bucket.head(wanted.key)).toBeNull()
    },
  )

  test('is aborted after its deadline', async () => {
    await using silent = await silence()
    const access = { ...inject('bucket'), bucket: 'uploads', endpoint: silent.endpoint }
    using bucket = createR2Bucket({ ...access, streamDeadlineMs: 50 })
    await expect(bucket.writeStream(object(inChunks(randomBytes(10))))).rejects.toBeInstanceOf(ProviderUnavailable)
  })
})

/** A server that accepts requests and never responds. */
async function silence() {
  const server = createServer(() => {})
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
