import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Bucket } from '../../domains/uploads/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { type BucketDoor, openBucketDoor } from '../../testing/bucket-door.ts'
import { createR2Bucket } from './bucket.ts'

const MIB = 1024 * 1024
let door: BucketDoor
let bucket: Bucket & Disposable
beforeAll(async () => {
  door = await openBucketDoor()
  bucket = createR2Bucket({ ...door.bucket, bucket: inject('bucket').name, requestMs: 5_000 })
})
afterAll(async () => {
  bucket[Symbol.dispose]()
  await door[Symbol.asyncDispose]()
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
  test.each([0, 1, 5 * MIB])('of %d bytes goes up in one request', async (size) => {
    const bytes = randomBytes(size)
    const wish = object(inChunks(bytes))
    await bucket.writeStream(wish)
    expect(await bucket.read(wish.key)).toEqual(new Uint8Array(bytes))
    expect(await bucket.head(wish.key)).toMatchObject({ byteSize: size, contentType: 'application/zip' })
    const { url } = bucket.signGet(wish.key, { now: new Date(), seconds: 60 })
    expect((await fetch(url)).headers.get('content-disposition')).toBe(wish.contentDisposition)
  })

  test('of 20 MiB goes up in equal parts of 8, and replaces what was there', async () => {
    const bytes = randomBytes(20 * MIB)
    const wish = object(inChunks(bytes))
    await bucket.write({ ...wish, body: Buffer.from('before') })
    await bucket.writeStream(wish)
    expect(Buffer.from((await bucket.read(wish.key)) ?? []).equals(bytes)).toBe(true)
    expect(await bucket.head(wish.key)).toMatchObject({ contentType: 'application/zip' })
    expect(door.requests.filter((line) => line.includes(wish.key) && line.includes('partNumber='))).toHaveLength(3)
  })

  test.each([MIB, 20 * MIB])(
    'that breaks off after %d bytes leaves nothing, and throws what broke it',
    async (size) => {
      const failure = Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' })
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield* inChunks(randomBytes(size))
        throw failure
      }
      const wish = object(breaking())
      await expect(bucket.writeStream(wish)).rejects.toBe(failure)
      expect(await bucket.head(wish.key)).toBeNull()
      if (size > 8 * MIB)
        expect(door.requests.some((line) => line.startsWith('DELETE') && line.includes(wish.key))).toBe(true)
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
      const wish = object(watched())
      door.isShutFor = (line) => line.includes(where) && line.includes(wish.key)
      try {
        await expect(bucket.writeStream(wish)).rejects.toBeInstanceOf(ProviderUnavailable)
      } finally {
        door.isShutFor = null
      }
      expect(released).toBe(true)
      expect(await bucket.head(wish.key)).toBeNull()
    },
  )

  test('is given up after its deadline', async () => {
    await using silent = await silence()
    const access = { ...inject('bucket'), bucket: 'uploads', endpoint: silent.endpoint }
    using patient = createR2Bucket({ ...access, streamDeadlineMs: 50 })
    await expect(patient.writeStream(object(inChunks(randomBytes(10))))).rejects.toBeInstanceOf(ProviderUnavailable)
  })
})

/** Takes requests and never answers. */
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
