import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RequestUploadInput, UploadsDocument } from '../../../../operations/typed-operations.ts'
import { encodeFit, type SampleActivity } from '../../../dev/seed/recordings.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { encodeGpx, encodeTcx } from '../../../testing/recordings.ts'
import { send } from '../../../testing/send.ts'
import { complete, jobsOf, keyOf, requested, rowId, sent, smallFit, uploadRow } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'
const octets = 'application/octet-stream'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const padded = (...chunks: Uint8Array[]) => Buffer.concat([...chunks, Buffer.alloc(600)])
const mpegFrame = Buffer.from([0xff, 0xfb, 0x90, 0x64])

/** An ID3v2.4 tag: a header of ten bytes and `byteSize` bytes of content, such as a cover picture. */
function id3(byteSize: number): Uint8Array {
  const length = [21, 14, 7, 0].map((bits) => (byteSize >> bits) & 0x7f)
  return Buffer.concat([latin1('ID3'), Buffer.from([4, 0, 0, ...length]), Buffer.alloc(byteSize)])
}

const wav = padded(
  latin1('RIFF\x24\x02\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data\0\x02\0\0'),
)
const m4a = padded(latin1('\0\0\0\x1cftypM4A \0\0\x02\0M4A isomiso2\0\0\0\x08free'))
const mp4 = padded(latin1('\0\0\0\x1cftypisom\0\0\x02\0isomiso2mp41\0\0\0\x08free'))
const mp3 = padded(mpegFrame)
const png = padded(Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
const pngWith = (chunk: string) =>
  padded(
    Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex'),
    latin1(`\0\0\0\x08${chunk}`),
  )
const jpeg = padded(Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'))
const webp = padded(latin1('RIFF\x60\x02\0\0WEBPVP8 '))
const gif = padded(latin1('GIF89a\x01\0\x01\0'))
const svg = padded(latin1('<svg xmlns="http://www.w3.org/2000/svg"/>'))

const activity: SampleActivity = {
  sport: 'RUNNING',
  startedAt: new Date('2026-11-14T06:30:00Z'),
  seconds: 30,
  secondsBetweenPoints: 10,
}
const withBom = (text: Uint8Array) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), text])
const inUtf16 = (text: Uint8Array) =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(Buffer.from(text).toString(), 'utf16le')])

describe('completeUpload accepts', () => {
  test.each<[string, Partial<RequestUploadInput>, Uint8Array]>([
    ['FIT', {}, encodeFit(activity)],
    ['FIT with a header of 12 bytes', {}, padded(latin1('\x0c\x10\0\0\0\0\0\0.FIT'))],
    ['GPX', { contentType: 'application/gpx+xml' }, encodeGpx(activity)],
    ['GPX without a useful type, behind a byte order mark', {}, withBom(encodeGpx(activity))],
    ['GPX in UTF-16', { contentType: 'text/xml' }, inUtf16(encodeGpx(activity))],
    ['TCX', { contentType: 'application/vnd.garmin.tcx+xml' }, encodeTcx(activity)],
    ['MP3 without ID3', { kind: 'AUDIO', contentType: 'audio/mpeg' }, mp3],
    ['MP3 of a low rate', { kind: 'AUDIO', contentType: 'audio/mpeg' }, padded(Buffer.from([0xff, 0xf3, 0x40, 0xc0]))],
    ['MP3 with ID3', { kind: 'AUDIO', contentType: 'audio/mpeg' }, padded(id3(200), mpegFrame)],
    ['MP3 with a picture of 100 kB', { kind: 'AUDIO', contentType: 'audio/mpeg' }, padded(id3(100_000), mpegFrame)],
    ['WAV', { kind: 'AUDIO', contentType: 'audio/wav' }, wav],
    ['WAV as audio/x-wav', { kind: 'AUDIO', contentType: 'audio/x-wav' }, wav],
    ['M4A', { kind: 'AUDIO', contentType: 'audio/mp4' }, m4a],
    ['M4A as audio/x-m4a', { kind: 'AUDIO', contentType: 'audio/x-m4a' }, m4a],
    ['WAV without a type', { kind: 'AUDIO', contentType: '' }, wav],
    ['JPEG', { kind: 'IMAGE', contentType: 'image/jpeg' }, jpeg],
    ['JPEG as image/jpg', { kind: 'IMAGE', contentType: 'image/jpg' }, jpeg],
    ['PNG', { kind: 'IMAGE', contentType: 'image/png' }, pngWith('IDAT')],
    ['WebP', { kind: 'IMAGE', contentType: 'image/webp' }, webp],
    ['WebP without a type', { kind: 'IMAGE', contentType: '' }, webp],
    ['FIT as an image of a telescope', { contentType: 'image/fits' }, smallFit],
    ['sound in a plain MP4', { kind: 'AUDIO', contentType: 'audio/mp4' }, mp4],
  ])('%s', async (_, changes, bytes) => {
    const { upload } = await sent(app, ann, bytes, changes)
    expect(await complete(app, ann, upload.id)).toMatchObject({
      __typename: 'CompleteUploadPayload',
      upload: { status: 'READY' },
      activity: changes.kind ? null : { status: 'PROCESSING' },
    })
  })
})

describe('completeUpload returns CONTENT_MISMATCH for', () => {
  test.each<[string, Partial<RequestUploadInput>, Uint8Array]>([
    ['noise as a recording', {}, Buffer.concat([Buffer.from([1]), randomBytes(500)])],
    ['one byte as a recording', {}, Buffer.from('a')],
    ['a picture as a recording', {}, png],
    ['a web page as a recording', { contentType: 'text/xml' }, latin1('<!doctype html><title>gpx</title>')],
    ['GPX behind other text', {}, Buffer.concat([latin1('x'), encodeGpx(activity)])],
    ['FIT in lower case', {}, padded(latin1('\x0e\x10\0\0\0\0\0\0.fit'))],
    ['sound as a recording', {}, mp3],
    ['FIT without a type as sound', { kind: 'AUDIO', contentType: '' }, smallFit],
    ['FIT as MP3', { kind: 'AUDIO', contentType: 'audio/mpeg' }, smallFit],
    ['MP3 as WAV', { kind: 'AUDIO', contentType: 'audio/wav' }, mp3],
    ['WAV as MP3', { kind: 'AUDIO', contentType: 'audio/mpeg' }, wav],
    ['MP3 as M4A', { kind: 'AUDIO', contentType: 'audio/x-m4a' }, mp3],
    ['zeros as sound', { kind: 'AUDIO', contentType: 'audio/mp4' }, Buffer.alloc(600)],
    ['one byte as sound', { kind: 'AUDIO', contentType: 'audio/mpeg' }, Buffer.from([0xff])],
    ['a picture as sound', { kind: 'AUDIO', contentType: '' }, jpeg],
    ['sound as a picture', { kind: 'IMAGE', contentType: '' }, mp3],
    ['WAV, in the container of WebP, as a picture', { kind: 'IMAGE', contentType: 'image/webp' }, wav],
    ['JPEG as PNG', { kind: 'IMAGE', contentType: 'image/png' }, jpeg],
    ['PNG as JPEG', { kind: 'IMAGE', contentType: 'image/jpeg' }, pngWith('IDAT')],
    ['animated PNG', { kind: 'IMAGE', contentType: 'image/png' }, pngWith('acTL')],
    ['GIF', { kind: 'IMAGE', contentType: '' }, gif],
    ['SVG', { kind: 'IMAGE', contentType: 'image/png' }, svg],
    ['zeros as a picture', { kind: 'IMAGE', contentType: 'image/jpeg' }, Buffer.alloc(600)],
    ['one byte as a picture', { kind: 'IMAGE', contentType: 'image/jpeg' }, Buffer.from([0xff])],
  ])('%s', async (_, changes, bytes) => {
    const { upload } = await sent(app, ann, bytes, changes)
    expect(await complete(app, ann, upload.id)).toMatchObject({ reason: 'CONTENT_MISMATCH' })
  })
})

describe('completeUpload rejects an object that is', () => {
  const other = Buffer.from(smallFit)
  other[other.length - 1] = other[other.length - 1]! ^ 1
  const md5 = createHash('md5').update(smallFit).digest('base64')

  test.each([
    ['longer', 'SIZE_MISMATCH', { body: Buffer.concat([smallFit, latin1('x')]), contentType: octets }],
    ['shorter', 'SIZE_MISMATCH', { body: smallFit.subarray(1), contentType: octets }],
    ['empty', 'SIZE_MISMATCH', { body: new Uint8Array(), contentType: octets }],
    ['of another type', 'TYPE_MISMATCH', { body: smallFit, contentType: 'text/html' }],
    ['of another checksum', 'CHECKSUM_MISMATCH', { body: other, contentType: octets }],
  ])('%s: %s', async (_, reason, object) => {
    const { upload } = await requested(app, ann, { contentMd5: md5 })
    await app.app.adapters.bucket.write({
      ...object,
      key: await keyOf(app, upload.id),
      contentDisposition: 'attachment',
    })
    expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'UploadRejectedError', reason })
  })

  test('accepts an object with the declared checksum', async () => {
    const { upload } = await sent(app, ann, smallFit, { contentMd5: md5 })
    expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'CompleteUploadPayload' })
  })
})

describe('a rejected upload', () => {
  const noise = Buffer.alloc(300, 'no recording ')

  test('stays rejected with the same reason, also for ten concurrent calls, and is listed with it', async () => {
    const dan = 'dan@example.com'
    const { upload, activity } = await sent(app, dan, noise)
    const refusal = {
      __typename: 'UploadRejectedError',
      code: 'UPLOAD_REJECTED',
      reason: 'CONTENT_MISMATCH',
      message: expect.stringContaining('Request a new upload'),
    }
    const ten = await Promise.all(Array.from({ length: 10 }, () => complete(app, dan, upload.id)))
    expect(ten).toEqual(Array.from({ length: 10 }, () => refusal))
    await app.runDueJobs()
    expect(await complete(app, dan, upload.id)).toEqual(refusal)
    const { data } = await app.run(dan, UploadsDocument, { status: 'REJECTED' })
    expect(data.me?.uploads.edges).toMatchObject([
      { node: { id: upload.id, status: 'REJECTED', rejection: 'CONTENT_MISMATCH', expiresAt: null } },
    ])
    const row = await app.app.db.prisma.activity.findUnique({ where: { id: rowId(activity!.id) } })
    expect(row).toMatchObject({ status: 'AWAITING_FILE' })
    expect(await jobsOf(app, activity!.id)).toEqual([])
  })

  test('has its object removed at once, and again after the last presigned URL has expired', async () => {
    const { bucket } = app.app.adapters
    const { upload, request } = await sent(app, ann, noise)
    const key = await keyOf(app, upload.id)
    await complete(app, ann, upload.id)
    expect(await jobsOf(app, upload.id)).toMatchObject([
      { name: 'uploads.remove-object' },
      { name: 'uploads.remove-object' },
    ])
    expect(await bucket.head(key)).not.toBeNull()
    await app.runDueJobs()
    expect(await bucket.head(key)).toBeNull()

    // The presigned URL is still valid.
    expect((await send(request!, noise)).status).toBe(200)
    const [last, ...others] = await jobsOf(app, upload.id)
    expect(others).toEqual([])
    const { addressesExpireAt } = await uploadRow(app, upload.id)
    expect(Date.parse(request!.expiresAt)).toBeLessThanOrEqual(addressesExpireAt.getTime())
    expect(last?.runAt.getTime()).toBeGreaterThan(addressesExpireAt.getTime())
    await app.runJob(last!.name, last!.payload)
    expect(await bucket.head(key)).toBeNull()
    // Repeating the removal has no further effect.
    await app.runJob(last!.name, last!.payload)
  })
})
