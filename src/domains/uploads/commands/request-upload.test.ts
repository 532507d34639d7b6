import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  RequestUploadDocument,
  type RequestUploadInput,
  UploadsDocument,
} from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { keyOf, request, requested, smallFit, uploadInput, uploadRow } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'
const mebibyte = 1024 * 1024
const md5 = createHash('md5').update(smallFit).digest('base64')

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const storedRows = () => app.app.db.prisma.upload.count()

describe('the payload of requestUpload', () => {
  test('has the method, every header and the expiry of the presigned request', async () => {
    const answer = await requested(app, ann, { filename: 'run.fit', contentMd5: md5 })
    expect(answer).toMatchObject({ upload: { status: 'PENDING' }, activity: { status: 'AWAITING_FILE' }, parts: null })
    expect(answer.request).toMatchObject({ method: 'PUT' })
    expect(Object.fromEntries((answer.request?.headers ?? []).map(({ name, value }) => [name, value]))).toEqual({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename=run.fit',
      'if-none-match': '*',
      'content-md5': md5,
    })
    const tenMinutesOn = app.now.getTime() + 600_000
    expect(new Date(answer.request?.expiresAt ?? '').getTime()).toBe(tenMinutesOn - (tenMinutesOn % 1000))
    expect(answer.upload.expiresAt).toBe(new Date(app.now.getTime() + 24 * 3_600_000).toISOString())
  })

  test('has no content-md5 header if no MD5 was declared', async () => {
    const { request } = await requested(app, ann)
    expect(request?.headers.map(({ name }) => name)).toEqual(['content-type', 'content-disposition', 'if-none-match'])
  })

  test('has a URL with a key of ids, without the filename and without a checksum', async () => {
    const answer = await requested(app, ann, { filename: 'secret-name.fit' })
    const url = new URL(answer.request?.url ?? '')
    expect(url.pathname.endsWith(`/uploads/${await keyOf(app, answer.upload.id)}`)).toBe(true)
    expect(url.href).not.toContain('secret-name')
    expect(url.href.toLowerCase()).not.toContain('x-amz-checksum')
    expect(url.searchParams.get('X-Amz-Expires')).toBe('600')
    expect(url.searchParams.get('X-Amz-SignedHeaders')?.split(';')).toEqual(
      expect.arrayContaining(['content-length', 'content-type', 'if-none-match', 'content-disposition']),
    )
  })

  test('is followed by the upload in me.uploads, as declared', async () => {
    const input = uploadInput({ filename: '아침 러닝 🏃.fit', contentType: ' Application/VND.ant.FIT ' })
    await app.run('lister@example.com', RequestUploadDocument, { input })
    const { data } = await app.run('lister@example.com', UploadsDocument, { first: 20 })
    expect(data.me?.uploads).toMatchObject({
      totalCount: 1,
      edges: [{ node: { kind: 'ACTIVITY', filename: '아침 러닝 🏃.fit', byteSize: smallFit.length, rejection: null } }],
    })
    expect(await uploadRow(app, data.me?.uploads.edges[0]?.node.id ?? '')).toMatchObject({
      contentType: 'application/vnd.ant.fit',
    })
  })

  test('has no activity for AUDIO', async () => {
    expect(await requested(app, ann, { kind: 'AUDIO', contentType: 'audio/mpeg' })).toMatchObject({ activity: null })
  })
})

test('without a session the error is UNAUTHENTICATED, at the top level, and nothing is stored', async () => {
  const before = await storedRows()
  const answer = await app.run(null, RequestUploadDocument, { input: uploadInput() })
  expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' }, path: ['requestUpload'] }])
  expect(answer.data).toEqual({ requestUpload: null })
  expect(await storedRows()).toBe(before)
})

describe('requestUpload accepts', () => {
  const sound = { kind: 'AUDIO', contentType: 'audio/mpeg' } as const

  test.each<[string, Partial<RequestUploadInput>]>([
    ['a recording of one byte', { byteSize: 1 }],
    ['a recording of 32 MiB', { byteSize: 32 * mebibyte }],
    ['sound of 64 MiB, in one request', { ...sound, byteSize: 64 * mebibyte }],
    ['a picture of 20 MiB', { kind: 'IMAGE', contentType: 'image/png', byteSize: 20 * mebibyte }],
    ['a name of 255 letters', { filename: 'a'.repeat(255) }],
    ['a name of 255 emoji', { filename: '🏃'.repeat(255) }],
    ['a Korean name', { filename: '한강 러닝.fit' }],
    ['a name of three dots', { filename: '...' }],
    ['a key of one character', { idempotencyKey: '🔑' }],
    ['a key of 200 characters', { idempotencyKey: '열'.repeat(200) }],
  ])('%s', async (_, changes) => {
    expect(await requested(app, 'taken@example.com', changes)).toMatchObject({
      request: { method: 'PUT' },
      parts: null,
    })
  })

  test.each([
    ['', 'application/octet-stream'],
    ['application/octet-stream', 'application/octet-stream'],
    ['application/vnd.ant.fit', 'application/vnd.ant.fit'],
    ['application/fit', 'application/vnd.ant.fit'],
    // Chromium on Linux.
    ['application/fits', 'application/vnd.ant.fit'],
    ['image/fits', 'application/vnd.ant.fit'],
    ['application/x-garmin-fit', 'application/vnd.ant.fit'],
    ['application/gpx+xml', 'application/gpx+xml'],
    ['application/gpx+xml; charset=utf-8', 'application/gpx+xml'],
    ['application/vnd.garmin.tcx+xml', 'application/vnd.garmin.tcx+xml'],
    ['TEXT/XML', 'application/xml'],
  ])('a recording declared as "%s", and says to send it as %s', async (contentType, stored) => {
    const { upload, request } = await requested(app, ann, { contentType })
    expect(await uploadRow(app, upload.id)).toMatchObject({ contentType: stored })
    expect(request?.headers).toContainEqual({ name: 'content-type', value: stored })
  })

  test.each([
    ['', 'application/octet-stream'],
    ['audio/mpeg', 'audio/mpeg'],
    ['audio/mp3', 'audio/mpeg'],
    ['audio/wav', 'audio/wav'],
    ['audio/x-wav', 'audio/wav'],
    ['audio/wave', 'audio/wav'],
    ['audio/vnd.wave', 'audio/wav'],
    ['audio/mp4', 'audio/mp4'],
    ['audio/m4a', 'audio/mp4'],
    ['audio/x-m4a', 'audio/mp4'],
  ])('sound declared as "%s", and says to send it as %s', async (contentType, stored) => {
    const { upload, request } = await requested(app, ann, { kind: 'AUDIO', contentType })
    expect(await uploadRow(app, upload.id)).toMatchObject({ contentType: stored, kind: 'AUDIO' })
    expect(request?.headers).toContainEqual({ name: 'content-type', value: stored })
  })

  test.each([
    ['', 'application/octet-stream'],
    ['image/jpeg', 'image/jpeg'],
    ['image/jpg', 'image/jpeg'],
    ['image/pjpeg', 'image/jpeg'],
    ['image/png', 'image/png'],
    ['image/x-png', 'image/png'],
    ['image/webp', 'image/webp'],
  ])('a picture declared as "%s", and says to send it as %s', async (contentType, stored) => {
    const { upload, request, activity } = await requested(app, ann, { kind: 'IMAGE', contentType })
    expect(await uploadRow(app, upload.id)).toMatchObject({ contentType: stored, kind: 'IMAGE' })
    expect(request?.headers).toContainEqual({ name: 'content-type', value: stored })
    expect(activity).toBeNull()
  })
})

test('bidi overrides are removed from the name', async () => {
  const { upload } = await requested(app, ann, { filename: 'ride\u202etif.\u2067exe\u2069.fit\u202c' })
  expect(await uploadRow(app, upload.id)).toMatchObject({ filename: 'ridetif.exe.fit' })
})

describe('requestUpload returns the path and the message for', () => {
  const sound = { kind: 'AUDIO', contentType: 'audio/mpeg' } as const
  const nearMd5 = `${md5.slice(0, 21)}B==`

  test.each<[string, string, Partial<RequestUploadInput>, RegExp]>([
    ['an empty file', 'byteSize', { byteSize: 0 }, /empty/],
    ['a negative size', 'byteSize', { byteSize: -1 }, /empty/],
    ['a recording above 32 MiB', 'byteSize', { byteSize: 32 * mebibyte + 1 }, /maximum is 32 MiB/],
    ['sound above 512 MiB', 'byteSize', { ...sound, byteSize: 512 * mebibyte + 1 }, /maximum is 512 MiB/],
    ['a picture above 20 MiB', 'byteSize', { kind: 'IMAGE', byteSize: 20 * mebibyte + 1 }, /maximum is 20 MiB/],
    ['a picture declared as GIF', 'contentType', { kind: 'IMAGE', contentType: 'image/gif' }, /one of image\/jpeg/],
    ['the largest SafeInt', 'byteSize', { byteSize: Number.MAX_SAFE_INTEGER }, /maximum is 32 MiB/],
    ['a recording declared as sound', 'contentType', { contentType: 'audio/mpeg' }, /one of application\/octet/],
    ['sound declared as a recording', 'contentType', { ...sound, contentType: 'text/xml' }, /one of audio\/mpeg/],
    ['a name of every object', 'contentType', { contentType: 'constructor' }, /one of/],
    ['a type with a line break', 'contentType', { contentType: 'text/xml\r\nx: y' }, /one of/],
    ['a type with an unpaired surrogate', 'contentType', { contentType: '\ud800' }, /one of/],
    ['no name', 'filename', { filename: '' }, /1 to 255/],
    ['a name of bidi overrides only', 'filename', { filename: '\u202e\u202c' }, /1 to 255/],
    ['a name of 256 letters', 'filename', { filename: 'a'.repeat(256) }, /1 to 255/],
    ['a name of 256 emoji', 'filename', { filename: '🏃'.repeat(256) }, /1 to 255/],
    ['a name with NUL', 'filename', { filename: 'a\0b' }, /control/],
    ['a name with a line break', 'filename', { filename: 'a\r\nb' }, /control/],
    ['a name with DEL', 'filename', { filename: 'a\x7fb' }, /control/],
    ['a name with a C1 control', 'filename', { filename: 'a\x85b' }, /control/],
    ['a name with an unpaired high surrogate', 'filename', { filename: 'a\ud83c' }, /Unicode/],
    ['a name with an unpaired low surrogate', 'filename', { filename: '\udfc3a' }, /Unicode/],
    ['a path upwards', 'filename', { filename: '../x' }, /path/],
    ['a path', 'filename', { filename: 'a/b' }, /path/],
    ['a path of Windows', 'filename', { filename: 'a\\b' }, /path/],
    ['the folder itself', 'filename', { filename: '.' }, /path/],
    ['the folder above', 'filename', { filename: '..' }, /path/],
    ['an MD5 in hex', 'contentMd5', { contentMd5: Buffer.from(md5, 'base64').toString('hex') }, /16 bytes/],
    ['an MD5 without padding', 'contentMd5', { contentMd5: md5.slice(0, 22) }, /16 bytes/],
    ['an MD5 in base64url', 'contentMd5', { contentMd5: `-_${md5.slice(2)}` }, /16 bytes/],
    ['an MD5 with stray bits at its end', 'contentMd5', { contentMd5: nearMd5 }, /16 bytes/],
    ['an MD5 with a line break behind', 'contentMd5', { contentMd5: `${md5}\n` }, /16 bytes/],
    ['an empty MD5', 'contentMd5', { contentMd5: '' }, /16 bytes/],
    ['an MD5 of a file in parts', 'contentMd5', { ...sound, byteSize: 65 * mebibyte, contentMd5: md5 }, /in parts/],
    ['an empty key', 'idempotencyKey', { idempotencyKey: '' }, /1 to 200/],
    ['a key of 201 characters', 'idempotencyKey', { idempotencyKey: 'k'.repeat(201) }, /1 to 200/],
    ['a key with NUL', 'idempotencyKey', { idempotencyKey: 'a\0' }, /printable/],
    ['a key with a line break', 'idempotencyKey', { idempotencyKey: 'a\n' }, /printable/],
    ['a key with an unpaired surrogate', 'idempotencyKey', { idempotencyKey: '\ud800' }, /printable/],
  ])('%s', async (_, field, changes, message) => {
    const before = await storedRows()
    expect(await request(app, ann, changes)).toMatchObject({
      __typename: 'InvalidInputError',
      code: 'INVALID_INPUT',
      issues: [{ path: ['input', field], message: expect.stringMatching(message) }],
    })
    expect(await storedRows()).toBe(before)
  })

  test('all invalid fields in one error', async () => {
    const bad = { filename: 'a/b', contentType: 'image/png', byteSize: 0, contentMd5: 'x', idempotencyKey: '' }
    const result = await request(app, ann, bad)
    if (result.__typename !== 'InvalidInputError') throw new Error(result.__typename)
    expect(result.issues.map(({ path }) => path.join('.')).sort()).toEqual([
      'input.byteSize',
      'input.contentMd5',
      'input.contentType',
      'input.filename',
      'input.idempotencyKey',
    ])
  })

  test.each([1.5, 2 ** 53, '12' as unknown as number])(
    'a byteSize of %j, which is no SafeInt, with HTTP 400',
    async (byteSize) => {
      const answer = await app.run(ann, RequestUploadDocument, { input: uploadInput({ byteSize }) })
      expect(answer.status).toBe(400)
      expect(answer.errors?.[0]?.message).toContain('input.byteSize')
    },
  )
})
