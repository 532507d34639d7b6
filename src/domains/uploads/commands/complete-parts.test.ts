import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { send } from '../../../testing/send.ts'
import {
  cancel,
  complete,
  keyOf,
  type Requested,
  request,
  requested,
  rowId,
  uploadRow,
} from '../../../testing/upload-steps.ts'

const mebibyte = 1024 * 1024
const ann = 'ann@example.com'
const sound = { kind: 'AUDIO', contentType: 'audio/wav', filename: 'long.wav', byteSize: 65 * mebibyte } as const

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const wav = new Uint8Array(sound.byteSize)
wav.set(Buffer.from('RIFF\0\0\x10\x04WAVEfmt ', 'latin1'))

/** Sends the parts as a browser does; resolves to the `parts` input of completeUpload. */
async function sendParts({ parts }: Requested, bytes: Uint8Array) {
  const sent = []
  for (const { partNumber, byteSize, request } of parts ?? []) {
    const begin = (partNumber - 1) * (parts?.[0]?.byteSize ?? 0)
    const response = await send(request, bytes.subarray(begin, begin + byteSize))
    expect(response.status).toBe(200)
    sent.push({ partNumber, etag: response.headers.get('etag') ?? '' })
  }
  return sent
}

test('completeUpload accepts a multipart upload when all parts are correct, and can be repeated before that', async () => {
  const answer = await requested(app, ann, sound)
  const { id } = answer.upload
  const incomplete = { __typename: 'UploadIncompleteError' }
  expect(await complete(app, ann, id)).toMatchObject(incomplete)

  const [first, ...others] = await sendParts(answer, wav)
  const second = others[0]!
  expect(await complete(app, ann, id)).toMatchObject(incomplete)
  expect(await complete(app, ann, id, [])).toMatchObject(incomplete)
  expect(await complete(app, ann, id, [first!])).toMatchObject(incomplete)
  expect(await complete(app, ann, id, others)).toMatchObject(incomplete)
  const wrongEtags = [first!.etag, '', '"', 'x'.repeat(10_000), '</ETag>', '\0', '\ud800']
  for (const etag of wrongEtags) {
    expect(await complete(app, ann, id, [first!, { partNumber: 2, etag }, ...others.slice(1)])).toMatchObject(
      incomplete,
    )
  }
  expect(await uploadRow(app, id)).toMatchObject({ status: 'PENDING' })

  const wrongNumbers = [
    [first!, { ...second, partNumber: 10 }],
    [{ ...first!, partNumber: 0 }, ...others],
    [{ ...first!, partNumber: -1 }, ...others],
    [first!, first!],
    [first!, ...others, second],
    [first!, ...others, { ...second, partNumber: 10 }],
    [{ ...first!, partNumber: 2 ** 31 - 1 }],
  ]
  for (const parts of wrongNumbers) {
    expect(await complete(app, ann, id, parts)).toMatchObject({
      __typename: 'InvalidInputError',
      message: 'List each part from 1 to 9 exactly once.',
    })
  }

  const payload = { __typename: 'CompleteUploadPayload', upload: { id, status: 'READY' }, activity: null }
  expect(await complete(app, ann, id, [...others, first!])).toEqual(payload)
  expect(await complete(app, ann, id, [first!, ...others])).toEqual(payload)
  expect(await complete(app, ann, id)).toEqual(payload)
  expect(await app.app.adapters.bucket.head(await keyOf(app, id))).toMatchObject({
    byteSize: sound.byteSize,
    contentType: 'audio/wav',
  })
})

test('completeUpload finishes a completion that was killed after the parts were joined', async () => {
  const answer = await requested(app, ann, { ...sound, byteSize: 64 * mebibyte + 4 })
  const parts = await sendParts(answer, wav.subarray(0, 64 * mebibyte + 4))
  const multipartId = (await uploadRow(app, answer.upload.id)).multipartId!
  const key = await keyOf(app, answer.upload.id)
  expect(await app.app.adapters.bucket.completeMultipart({ key, multipartId, parts })).toBe('completed')
  const results = await Promise.all([1, 2, 3].map(() => complete(app, ann, answer.upload.id, parts)))
  expect(results).toEqual(Array(3).fill(expect.objectContaining({ upload: { id: answer.upload.id, status: 'READY' } })))
})

test('after a cancellation the bucket accepts no more parts, and the sent parts are removed', async () => {
  const answer = await requested(app, ann, { ...sound, byteSize: 64 * mebibyte + 4 })
  const last = answer.parts!.at(-1)!.request
  const body = Buffer.from('1234')
  const etag = (await send(last, body)).headers.get('etag') ?? ''
  await cancel(app, ann, answer.upload.id)
  expect((await send(last, body)).status).toBe(200)
  await app.runDueJobs()
  expect((await send(last, body)).status).toBe(404)
  const multipartId = (await uploadRow(app, answer.upload.id)).multipartId!
  const key = await keyOf(app, answer.upload.id)
  const joined = app.app.adapters.bucket.completeMultipart({ key, multipartId, parts: [{ partNumber: 9, etag }] })
  expect(await joined).toBe('unknown')
})

test('activityId is invalid for a multipart AUDIO file, and nothing is created', async () => {
  const { activity, upload } = await requested(app, ann)
  const before = await app.app.db.prisma.upload.count()
  expect(await request(app, ann, { ...sound, activityId: activity?.id })).toMatchObject({
    __typename: 'InvalidInputError',
  })
  expect(await app.app.db.prisma.upload.count()).toBe(before)
  const row = await app.app.db.prisma.activity.findUnique({ where: { id: rowId(activity!.id) } })
  expect(row?.uploadId).toBe(rowId(upload.id))
})
