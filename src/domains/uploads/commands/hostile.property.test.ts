import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  CancelUploadDocument,
  CompleteUploadDocument,
  RequestUploadDocument,
  UploadsDocument,
} from '../../../../operations/typed-operations.ts'
import { type Answer, startTestApp, type TestApp } from '../../../testing/app.ts'
import { requested, uploadInput } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'
const runs = { numRuns: 60 }

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** Any Unicode, any UTF-16 (also unpaired surrogates), texts that break parsers, and long texts. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', '\0', '\ud800', '\udc00x', '../..', '%00', "'; --", '\r\nx: y', '\ufeff', '\u202e'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }).map((text) => text.repeat(10_000)),
)

/** Hostile text, alone, encoded as an id, or appended to a valid id. */
const hostileId = fc.oneof(
  hostile,
  hostile.map((text) => Buffer.from(`Upload:${text}`).toString('base64')),
  hostile.map((text) => `VXBsb2FkOjAx${text}`),
)

function expectNoServerError({ status, errors }: Answer<unknown>): void {
  expect(status).toBeLessThan(500)
  expect(errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain('INTERNAL_SERVER_ERROR')
}

test('requestUpload never fails with a server error, for any text', async () => {
  const one = fc.record(
    {
      filename: hostile,
      contentType: hostile,
      contentMd5: fc.option(hostile),
      activityId: fc.option(hostileId),
      idempotencyKey: hostile,
      byteSize: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, 2 ** 25)),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(one, async (changes) => {
      expectNoServerError(await app.run(ann, RequestUploadDocument, { input: uploadInput(changes) }))
    }),
    runs,
  )
})

test('a filename that is accepted is stored and returned unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }), async (filename) => {
      const answer = await app.run(ann, RequestUploadDocument, { input: uploadInput({ filename }) })
      expectNoServerError(answer)
      if (answer.data.requestUpload?.__typename !== 'RequestUploadPayload') return
      const { data } = await app.run(ann, UploadsDocument, { first: 1 })
      expect(data.me?.uploads.edges[0]?.node.filename).toBe(filename)
    }),
    runs,
  )
})

test('completeUpload never fails with a server error, for any id', async () => {
  await fc.assert(
    fc.asyncProperty(hostileId, async (uploadId) => {
      expectNoServerError(await app.run(ann, CompleteUploadDocument, { input: { uploadId } }))
    }),
    runs,
  )
})

test('completeUpload returns an expected error for any parts', async () => {
  const byteSize = 64 * 1024 * 1024 + 1
  const { upload } = await requested(app, ann, { kind: 'AUDIO', contentType: 'audio/wav', byteSize })
  const part = fc.record({ partNumber: fc.oneof(fc.constantFrom(1, 2), fc.integer()), etag: hostile })
  const whole = fc
    .tuple(...Array.from({ length: 9 }, () => hostile))
    .map((etags) => etags.map((etag, index) => ({ partNumber: index + 1, etag })))
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, fc.array(part, { maxLength: 4 })), async (parts) => {
      const answer = await app.run(ann, CompleteUploadDocument, { input: { uploadId: upload.id, parts } })
      expectNoServerError(answer)
      expect(answer.data?.completeUpload?.__typename ?? 'none').toMatch(/^(UploadIncomplete|InvalidInput)Error|none$/)
    }),
    runs,
  )
})

test('cancelUpload never fails with a server error, for any id', async () => {
  await fc.assert(
    fc.asyncProperty(hostileId, async (uploadId) => {
      expectNoServerError(await app.run(ann, CancelUploadDocument, { input: { uploadId } }))
    }),
    runs,
  )
})

test('me.uploads never fails with a server error, for any cursor', async () => {
  const anyId = '01890000-0000-7000-8000-000000000000'
  const positions = fc.tuple(fc.constant('uploads'), fc.oneof(fc.double(), fc.maxSafeInteger()), fc.constant(anyId))
  const cursor = fc.oneof(
    hostile,
    positions.map((position) => Buffer.from(JSON.stringify(position)).toString('base64url')),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  )
  await fc.assert(
    fc.asyncProperty(cursor, async (after) => {
      expectNoServerError(await app.run(ann, UploadsDocument, { after }))
    }),
    runs,
  )
})
