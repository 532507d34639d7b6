import { GetObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PutToSign, SignedRequest, Validity } from '../../domains/uploads/ports.ts'
import { type BucketAccess, createPresigner } from './presign.ts'

const access: BucketAccess = {
  endpoint: 'https://account.r2.cloudflarestorage.com',
  bucket: 'uploads',
  accessKeyId: 'an-id',
  secretAccessKey: 'a-secret',
}
const validity: Validity = { now: new Date('2026-07-31T09:08:07.654Z'), seconds: 900 }
const put: PutToSign = {
  key: 'u/0197f0/run.fit',
  contentType: 'application/vnd.ant.fit',
  contentDisposition: 'attachment; filename="run.fit"',
  byteSize: 123_456,
  contentMd5: null,
}

type Command = PutObjectCommand | UploadPartCommand | GetObjectCommand

/** The URL that getSignedUrl gives for the same request, without `x-id`, the name of the SDK's command. */
function signedBySdk(command: Command, { now, seconds }: Validity, { endpoint, ...credentials } = access) {
  const client = new S3Client({
    endpoint,
    credentials,
    region: 'auto',
    forcePathStyle: true,
    expectContinueHeader: false,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  client.middlewareStack.add(
    (next) => (args) => {
      delete (args.request as { query: Record<string, unknown> }).query['x-id']
      return next(args)
    },
    { step: 'build' },
  )
  // Cast: GetObjectCommand and the others have no common supertype that getSignedUrl takes.
  return getSignedUrl(client, command as PutObjectCommand, {
    expiresIn: seconds,
    signingDate: now,
    // By default the type is not signed; that of a part has no meaning, so we do not sign it either.
    ...(command instanceof PutObjectCommand ? { signableHeaders: new Set(['content-type']) } : {}),
  })
}

const sdkPut = (p: PutToSign, bucket = access.bucket) =>
  new PutObjectCommand({
    Bucket: bucket,
    Key: p.key,
    ContentType: p.contentType,
    ContentDisposition: p.contentDisposition,
    ContentLength: p.byteSize,
    IfNoneMatch: '*',
    ...(p.contentMd5 === null ? {} : { ContentMD5: p.contentMd5 }),
  })

/** The whole URL without the order of the query: origin, path and every parameter with the signature. */
function comparable(url: string) {
  const { origin, pathname, search } = new URL(url)
  return { origin, pathname, query: search.slice(1).split('&').sort() }
}

const signedHeadersOf = ({ url }: SignedRequest) => new URL(url).searchParams.get('X-Amz-SignedHeaders')?.split(';')
const signatureOf = ({ url }: SignedRequest) => new URL(url).searchParams.get('X-Amz-Signature')

describe('equals getSignedUrl, including the signature', () => {
  const ours = createPresigner(access)

  test.each([
    ['a PUT', {}],
    ['a PUT with a digest', { contentMd5: 'XrY7u+Ae7tCTyyK7j1rNww==' }],
    ['spaces and Hangul', { contentDisposition: `attachment; filename="a  b.fit"; filename*=UTF-8''%EC%95%84.fit` }],
    ['blanks around a value', { contentDisposition: ' \t inline \t ', contentType: 'text/plain;  charset=utf-8' }],
    ['a key of odd characters', { key: "u/1/a b+c(1)!'*~é/아&=?#%2F.fit" }],
    ['a key of empty segments', { key: '/u//1/' }],
    ['an empty file', { byteSize: 0 }],
  ])('%s', async (_, changes) => {
    const wanted = { ...put, ...changes }
    const signed = await ours.signPut(wanted, validity)
    expect(comparable(signed.url)).toEqual(comparable(await signedBySdk(sdkPut(wanted), validity)))
  })

  test('a part', async () => {
    const part = { key: put.key, multipartId: 'AB+/=&~ id', partNumber: 10_000, byteSize: 5_242_880 }
    const command = new UploadPartCommand({
      Bucket: access.bucket,
      Key: part.key,
      UploadId: part.multipartId,
      PartNumber: part.partNumber,
      ContentLength: part.byteSize,
    })
    const signed = await ours.signPart(part, validity)
    expect(comparable(signed.url)).toEqual(comparable(await signedBySdk(command, validity)))
    expect(signedHeadersOf(signed)).toEqual(['content-length', 'host'])
    expect(signed.headers).toEqual([])
  })

  test('a GET', async () => {
    const command = new GetObjectCommand({ Bucket: access.bucket, Key: put.key })
    const signed = await ours.signGet(put.key, validity)
    expect(comparable(signed.url)).toEqual(comparable(await signedBySdk(command, validity)))
    expect(signedHeadersOf(signed)).toEqual(['host'])
  })

  test.each(['http://127.0.0.1:8799/cdn-cgi/local/r2/s3', 'http://127.0.0.1:8799/cdn-cgi/local/r2/s3/'])(
    'with the endpoint %s',
    async (endpoint) => {
      const signed = await createPresigner({ ...access, endpoint }).signPut(put, validity)
      expect(comparable(signed.url)).toEqual(
        comparable(await signedBySdk(sdkPut(put), validity, { ...access, endpoint })),
      )
    },
  )

  test('for any key, type, disposition, size and time', async () => {
    const segment = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((s) => !/^\.{1,2}$/.test(s))
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          key: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/')),
          contentType: value.map((v) => `a/${v}`),
          contentDisposition: value.map((v) => `attachment; filename=${v}`),
          byteSize: fc.nat(),
          contentMd5: fc.option(
            fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => Buffer.from(b).toString('base64')),
          ),
        }),
        fc.record({
          now: fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
          seconds: fc.integer({ min: 1, max: 604_800 }),
        }),
        async (wanted, within) => {
          fc.pre(!wanted.key.split('/').some((s) => s === '.' || s === '..'))
          const signed = await ours.signPut(wanted, within)
          expect(comparable(signed.url)).toEqual(comparable(await signedBySdk(sdkPut(wanted), within)))
          expect(signed.url.toLowerCase()).not.toContain('x-amz-checksum')
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)
})

describe('a signed request', () => {
  const ours = createPresigner(access)

  test('signs length, type, disposition, digest and If-None-Match, and lists the headers to send', async () => {
    const signed = await ours.signPut({ ...put, contentMd5: 'XrY7u+Ae7tCTyyK7j1rNww==' }, validity)
    const expected = ['content-disposition', 'content-length', 'content-md5', 'content-type', 'host', 'if-none-match']
    expect(signedHeadersOf(signed)).toEqual(expected)
    expect(signed.method).toBe('PUT')
    expect(Object.fromEntries(signed.headers.map(({ name, value }) => [name, value]))).toEqual({
      'content-type': put.contentType,
      'content-disposition': put.contentDisposition,
      'content-md5': 'XrY7u+Ae7tCTyyK7j1rNww==',
      'if-none-match': '*',
    })
  })

  test.each([
    ['PUT', () => ours.signPut({ ...put, contentMd5: 'XrY7u+Ae7tCTyyK7j1rNww==' }, validity)],
    ['part', () => ours.signPart({ key: 'k', multipartId: 'm', partNumber: 1, byteSize: 1 }, validity)],
    ['GET', () => ours.signGet('k', validity)],
  ])('%s has no x-amz-checksum, which R2 refuses', async (_, sign) => {
    const { url, headers } = await sign()
    expect(JSON.stringify([url, headers]).toLowerCase()).not.toContain('x-amz-checksum')
  })

  test.each([
    [900, 900, '2026-07-31T09:23:07.000Z'],
    [900.9, 900, '2026-07-31T09:23:07.000Z'],
    [0, 1, '2026-07-31T09:08:08.000Z'],
    [30 * 24 * 3600, 604_800, '2026-08-07T09:08:07.000Z'],
  ])('of %d seconds is valid for %d, counted from the whole second', async (seconds, lifetime, expiresAt) => {
    const signed = await ours.signGet('k', { now: validity.now, seconds })
    expect(new URL(signed.url).searchParams.get('X-Amz-Expires')).toBe(String(lifetime))
    expect(signed.expiresAt.toISOString()).toBe(expiresAt)
  })

  test.each(['', '.', '..', 'u/../v', 'u/./v', 'u/..'])('is refused for the key %j', async (key) => {
    await expect(ours.signGet(key, validity)).rejects.toThrow(TypeError)
    await expect(ours.signPut({ ...put, key }, validity)).rejects.toThrow(TypeError)
  })
})

describe('the cached signing key', () => {
  test('changes at midnight UTC, and back', async () => {
    const ours = createPresigner(access)
    const command = () => new GetObjectCommand({ Bucket: access.bucket, Key: 'k' })
    for (const now of ['2026-07-31T23:59:59.999Z', '2026-08-01T00:00:00.000Z', '2026-07-31T23:59:59.999Z']) {
      const within = { now: new Date(now), seconds: 60 }
      expect(comparable((await ours.signGet('k', within)).url)).toEqual(
        comparable(await signedBySdk(command(), within)),
      )
    }
  })

  test('is not shared between buckets and secrets', async () => {
    const others = [{ bucket: 'videos' }, { secretAccessKey: 'another' }, { accessKeyId: 'other' }, {}]
    const all = others.map((change) => ({ ...access, ...change }))
    const presigners = all.map(createPresigner)
    const signatures = await Promise.all(
      presigners.map(async (presigner) => signatureOf(await presigner.signPut(put, validity))),
    )
    expect(new Set(signatures).size).toBe(all.length)
    // Interleaved: each one signs again after all the others.
    for (const [n, one] of all.entries()) {
      const again = await presigners[n]!.signPut(put, validity)
      expect(comparable(again.url)).toEqual(comparable(await signedBySdk(sdkPut(put, one.bucket), validity, one)))
    }
  })
})
