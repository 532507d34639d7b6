import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmbeddedR2, startR2 } from '../../dev/embedded/r2.ts'
import type { Bucket, PutToSign, SignedRequest } from '../../domains/uploads/ports.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { createR2Bucket } from './bucket.ts'

const MIB = 1024 * 1024
let dataDir: string
let r2: EmbeddedR2
let bucket: Bucket & Disposable

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'r2-'))
  r2 = await startR2({ dataDir, bucket: 'uploads', accessKeyId: 'an-id', secretAccessKey: 'a-secret' })
  bucket = createR2Bucket(r2)
}, 60_000)

afterAll(async () => {
  bucket?.[Symbol.dispose]()
  await r2?.stop()
  await rm(dataDir, { recursive: true, force: true })
}, 30_000)

const now = () => ({ now: new Date(), seconds: 60 })
const bytes = Buffer.from('twelve bytes')
const disposition = `attachment; filename="a  b.fit"; filename*=UTF-8''%EC%95%84.fit`
const md5 = (body: Uint8Array) => createHash('md5').update(body).digest('base64')
const newPut = (changes: Partial<PutToSign> = {}): PutToSign => ({
  key: `u/${randomUUID()}/a b+c(1)!'*~é 아.fit`,
  contentType: 'application/vnd.ant.fit',
  contentDisposition: disposition,
  byteSize: bytes.byteLength,
  contentMd5: md5(bytes),
  ...changes,
})

interface Changes {
  readonly url?: (url: string) => string
  readonly headers?: Record<string, string | null>
  readonly body?: Uint8Array<ArrayBuffer>
}

/** Sends a signed request over HTTP, unchanged or with a change; returns the status and S3's error code. */
async function send(signed: SignedRequest, { url = (same) => same, headers: changed = {}, body }: Changes = {}) {
  const headers = new Headers(signed.headers.map(({ name, value }): [string, string] => [name, value]))
  for (const [name, value] of Object.entries(changed)) value === null ? headers.delete(name) : headers.set(name, value)
  const response = await fetch(url(signed.url), { method: signed.method, headers, body })
  const text = await response.text()
  return { status: response.status, code: /<Code>(\w+)</.exec(text)?.[1], text, headers: response.headers }
}

/** Replaces the key in the path, or one query parameter. */
const withKey = (key: string) => (url: string) =>
  Object.assign(new URL(url), { pathname: new URL(url).pathname.replace(/u\/.*/, key) }).href
function withParameter(name: string, value: string) {
  return (url: string) => {
    const changed = new URL(url)
    changed.searchParams.set(name, value)
    return changed.href
  }
}

describe('a signed PUT', () => {
  test('is accepted as it was signed; the object has its bytes, type, disposition and MD5', async () => {
    const put = newPut()
    expect(await send(await bucket.signPut(put, now()), { body: bytes })).toMatchObject({ status: 200 })

    expect(await bucket.head(put.key)).toEqual({
      byteSize: 12,
      contentType: put.contentType,
      etag: createHash('md5').update(bytes).digest('hex'),
    })
    const got = await send(await bucket.signGet(put.key, now()))
    expect(got).toMatchObject({ status: 200, text: 'twelve bytes' })
    expect(got.headers.get('content-type')).toBe(put.contentType)
    expect(got.headers.get('content-disposition')).toBe(disposition)
  })

  test('is accepted without a digest', async () => {
    const put = newPut({ contentMd5: null })
    expect(await send(await bucket.signPut(put, now()), { body: bytes })).toMatchObject({ status: 200 })
  })

  test.each<[string, Changes, number, string]>([
    ['a longer body', { body: Buffer.from('thirteen byte') }, 403, 'SignatureDoesNotMatch'],
    ['a shorter body', { body: Buffer.from('eleven byte') }, 403, 'SignatureDoesNotMatch'],
    ['other bytes of that length', { body: Buffer.from('twelve bytez') }, 400, 'BadDigest'],
    ['another type', { headers: { 'content-type': 'text/html' } }, 403, 'SignatureDoesNotMatch'],
    ['no type', { headers: { 'content-type': null } }, 403, 'SignatureDoesNotMatch'],
    ['another disposition', { headers: { 'content-disposition': 'inline' } }, 403, 'SignatureDoesNotMatch'],
    ['no disposition', { headers: { 'content-disposition': null } }, 403, 'SignatureDoesNotMatch'],
    ['another digest', { headers: { 'content-md5': md5(Buffer.from('x')) } }, 403, 'SignatureDoesNotMatch'],
    ['no digest', { headers: { 'content-md5': null } }, 403, 'SignatureDoesNotMatch'],
    ['no if-none-match', { headers: { 'if-none-match': null } }, 403, 'SignatureDoesNotMatch'],
    ['another key', { url: withKey('u/else.fit') }, 403, 'SignatureDoesNotMatch'],
    ['a later expiry', { url: withParameter('X-Amz-Expires', '6000') }, 403, 'SignatureDoesNotMatch'],
    ['fewer signed headers', { url: withParameter('X-Amz-SignedHeaders', 'host') }, 403, 'SignatureDoesNotMatch'],
  ])('is refused with %s, and nothing is stored', async (_, changes, status, code) => {
    const put = newPut()
    expect(await send(await bucket.signPut(put, now()), { body: bytes, ...changes })).toMatchObject({ status, code })
    expect(await bucket.head(put.key)).toBeNull()
  })

  test('is refused after it has expired', async () => {
    const put = newPut()
    const late = await bucket.signPut(put, { now: new Date(Date.now() - 61_000), seconds: 60 })
    expect(late.expiresAt.getTime()).toBeLessThan(Date.now())
    expect(await send(late, { body: bytes })).toMatchObject({ status: 403, code: 'ExpiredRequest' })
  })

  test('is accepted once, also when two are sent concurrently', async () => {
    const signed = await bucket.signPut(newPut(), now())
    const both = await Promise.all([send(signed, { body: bytes }), send(signed, { body: bytes })])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    expect(await send(signed, { body: bytes })).toMatchObject({ status: 412, code: 'PreconditionFailed' })
  })
})

describe('a signed GET', () => {
  test('reads that object only, until it expires', async () => {
    const key = `u/${randomUUID()}`
    await bucket.write({ key, contentType: 'text/plain', contentDisposition: 'inline', body: bytes })
    const signed = await bucket.signGet(key, now())
    expect(await send(signed)).toMatchObject({ status: 200, text: 'twelve bytes' })
    expect(await send(signed, { url: withKey(`u/${randomUUID()}`) })).toMatchObject({ status: 403 })
    expect(await send({ ...signed, method: 'PUT' }, { body: bytes })).toMatchObject({ status: 403 })
    const late = await bucket.signGet(key, { now: new Date(Date.now() - 61_000), seconds: 60 })
    expect(await send(late)).toMatchObject({ status: 403, code: 'ExpiredRequest' })
  })
})

describe('an upload in parts', () => {
  async function uploadParts(sizes: readonly number[]) {
    const key = `u/${randomUUID()}/video.mp4`
    const multipartId = await bucket.createMultipart({ key, contentType: 'video/mp4', contentDisposition: disposition })
    const parts = []
    for (const [index, byteSize] of sizes.entries()) {
      const partNumber = index + 1
      const signed = await bucket.signPart({ key, multipartId, partNumber, byteSize }, now())
      const { status, headers } = await send(signed, { body: Buffer.alloc(byteSize, partNumber) })
      expect(status).toBe(200)
      // With quotes, as clients read it.
      parts.push({ partNumber, etag: headers.get('etag')! })
    }
    return { key, multipartId, parts }
  }

  test('is completed once, then unknown; the object has the type and disposition of its creation', async () => {
    const upload = await uploadParts([5 * MIB, 5 * MIB, 100])
    expect(await bucket.head(upload.key)).toBeNull()
    expect(await bucket.completeMultipart(upload)).toBe('completed')
    expect(await bucket.completeMultipart(upload)).toBe('unknown')
    const head = await bucket.head(upload.key)
    expect(head).toMatchObject({ byteSize: 10 * MIB + 100, contentType: 'video/mp4' })
    expect(head?.etag).toMatch(/^[0-9a-f]{32}-3$/)
    const got = await fetch((await bucket.signGet(upload.key, now())).url)
    expect(got.headers.get('content-disposition')).toBe(disposition)
    await got.body?.cancel()
  }, 30_000)

  test('lists the parts that have arrived, page by page, until it is completed or aborted', async () => {
    const upload = await uploadParts([5 * MIB, 5 * MIB, 100])
    const { key, multipartId } = upload
    const parts = upload.parts.map(({ partNumber, etag }) => ({
      partNumber,
      etag: etag.replaceAll('"', ''),
      byteSize: partNumber === 3 ? 100 : 5 * MIB,
    }))
    const list = (after: number, limit: number) => bucket.listParts({ key, multipartId, after, limit })
    expect(await list(0, 1_000)).toEqual(parts)
    expect(await list(0, 2)).toEqual(parts.slice(0, 2))
    expect(await list(2, 2)).toEqual(parts.slice(2))
    expect(await list(3, 2)).toEqual([])
    expect(await bucket.completeMultipart(upload)).toBe('completed')
    expect(await list(0, 1_000)).toBe('unknown')

    const empty = await uploadParts([])
    expect(await bucket.listParts({ ...empty, after: 0, limit: 10 })).toEqual([])
    await bucket.abortMultipart(empty)
    expect(await bucket.listParts({ ...empty, after: 0, limit: 10 })).toBe('unknown')
  }, 30_000)

  test('a list of parts with a wrong signature is refused', async () => {
    const { key, multipartId } = await uploadParts([100])
    using wrong = createR2Bucket({ ...r2, secretAccessKey: 'wrong' })
    await expect(wrong.listParts({ key, multipartId, after: 0, limit: 10 })).rejects.toThrow(ProviderUnavailable)
  })

  test('accepts ETags without quotes', async () => {
    const upload = await uploadParts([100])
    const parts = upload.parts.map((part) => ({ ...part, etag: part.etag.replaceAll('"', '') }))
    expect(await bucket.completeMultipart({ ...upload, parts })).toBe('completed')
  })

  test('refuses wrong parts and can be completed afterwards', async () => {
    const upload = await uploadParts([100])
    const [part] = upload.parts
    for (const parts of [
      [{ partNumber: 1, etag: 'a'.repeat(32) }],
      [{ partNumber: 1, etag: '"><&' }],
      [part!, { partNumber: 2, etag: part!.etag }],
      [part!, part!],
      [{ partNumber: 0, etag: part!.etag }],
      [],
    ]) {
      expect(await bucket.completeMultipart({ ...upload, parts })).toBe('invalid-parts')
    }
    expect(await bucket.completeMultipart(upload)).toBe('completed')
  })

  test('refuses a part below 5 MiB before the last', async () => {
    expect(await bucket.completeMultipart(await uploadParts([100, 100]))).toBe('invalid-parts')
  })

  test('refuses unequal parts', async () => {
    // R2 itself responds with InvalidPart (below); its simulator responds as to an unknown upload.
    expect(await bucket.completeMultipart(await uploadParts([5 * MIB + 1, 5 * MIB, 1]))).toBe('unknown')
  }, 30_000)

  test('signs the number, length and upload of a part', async () => {
    const { key, multipartId } = await uploadParts([100])
    const signed = await bucket.signPart({ key, multipartId, partNumber: 2, byteSize: 12 }, now())
    const refused = { status: 403, code: 'SignatureDoesNotMatch' }
    expect(await send(signed, { body: Buffer.from('eleven byte') })).toMatchObject(refused)
    expect(await send(signed, { body: bytes, url: withParameter('partNumber', '3') })).toMatchObject(refused)
    expect(await send(signed, { body: bytes, url: withParameter('uploadId', 'another') })).toMatchObject(refused)
    expect(await send(signed, { body: bytes })).toMatchObject({ status: 200 })
  })

  test('can be aborted, more than once', async () => {
    const upload = await uploadParts([100])
    await bucket.abortMultipart(upload)
    await bucket.abortMultipart(upload)
    expect(await bucket.completeMultipart(upload)).toBe('unknown')
    expect(await bucket.head(upload.key)).toBeNull()
  })
})

describe('reads and writes of the server', () => {
  test('reads the start or all of an object; null when there is none', async () => {
    const key = `u/${randomUUID()}`
    expect(await bucket.head(key)).toBeNull()
    expect(await bucket.readStart(key, 4)).toBeNull()
    expect(await bucket.read(key)).toBeNull()

    await bucket.write({ key, contentType: 'text/plain', contentDisposition: 'inline', body: bytes })
    expect(await bucket.readStart(key, 4)).toEqual(new Uint8Array(bytes.subarray(0, 4)))
    expect(await bucket.readStart(key, 12)).toEqual(new Uint8Array(bytes))
    expect(await bucket.readStart(key, 4_000)).toEqual(new Uint8Array(bytes))
    expect(await bucket.read(key)).toEqual(new Uint8Array(bytes))
  })

  test('streams an object of any size in chunks; null when there is none', async () => {
    const key = `u/${randomUUID()}`
    expect(await bucket.readStream(key)).toBeNull()
    const body = Buffer.alloc(3 * MIB, 'twelve bytes')
    await bucket.write({ key, contentType: 'text/plain', contentDisposition: 'inline', body })
    const chunks: Uint8Array[] = []
    for await (const chunk of (await bucket.readStream(key)) ?? []) chunks.push(chunk)
    expect(chunks.length).toBeGreaterThan(1)
    expect(Buffer.concat(chunks).equals(body)).toBe(true)
  })

  test('reads an empty object', async () => {
    const key = `u/${randomUUID()}`
    await bucket.write({ key, contentType: 'text/plain', contentDisposition: 'inline', body: new Uint8Array() })
    expect(await bucket.head(key)).toMatchObject({ byteSize: 0 })
    expect(await bucket.readStart(key, 4)).toEqual(new Uint8Array())
    expect(await bucket.read(key)).toEqual(new Uint8Array())
  })

  test('replaces an object, and deletes more than once', async () => {
    const key = `u/${randomUUID()}`
    for (const body of [bytes, Buffer.from('other')]) {
      await bucket.write({ key, contentType: 'text/plain', contentDisposition: disposition, body })
    }
    expect(await bucket.read(key)).toEqual(new Uint8Array(Buffer.from('other')))
    await bucket.delete(key)
    await bucket.delete(key)
    expect(await bucket.head(key)).toBeNull()
  })

  test('refuses a key that addresses the bucket itself', async () => {
    await expect(bucket.read('')).rejects.toThrow(TypeError)
    await expect(bucket.delete('')).rejects.toThrow(TypeError)
    await expect(bucket.head('u/../v')).rejects.toThrow(TypeError)
  })
})

test.each([
  ['secret', { secretAccessKey: 'wrong' }],
  ['key id', { accessKeyId: 'wrong' }],
  ['bucket', { bucket: 'wrong' }],
])('a wrong %s is ProviderUnavailable, because the client of the API cannot correct it', async (_, change) => {
  using wrong = createR2Bucket({ ...r2, ...change })
  await expect(wrong.read('k')).rejects.toThrow(ProviderUnavailable)
  await expect(wrong.createMultipart({ key: 'k', contentType: 'a/b', contentDisposition: 'inline' })).rejects.toThrow(
    ProviderUnavailable,
  )
})
