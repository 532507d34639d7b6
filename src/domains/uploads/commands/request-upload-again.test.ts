import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeleteActivityDocument, type RequestUploadInput } from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { send } from '../../../testing/send.ts'
import { cancel, completed, request, requested, rowId, smallFit, uploadRow } from '../../../testing/upload-steps.ts'
import { users } from '../../users/index.ts'

const hour = 3_600_000
const overOnePart = 64 * 1024 * 1024 + 1

let app: TestApp
let realNow: Date
beforeAll(async () => {
  app = await startTestApp()
  realNow = app.now
})
afterAll(() => app[Symbol.asyncDispose]())

/** A new user with a key, so that each test counts only its own rows. */
function newUser() {
  const as = `${randomUUID()}@example.com`
  const input = { idempotencyKey: 'the key' }
  const rows = () =>
    app.app.db.prisma.upload.count({ where: { user: { emailIndex: app.app.services(users).emails.indexOf(as) } } })
  return { as, input, rows }
}

/** Runs `work` with the clock set back. Tokens are valid for an hour, so tests cannot set the clock forward. */
async function ago<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  app.now = new Date(realNow.getTime() - milliseconds)
  return work().finally(() => {
    app.now = realNow
  })
}

test('the same key with the same input returns the same upload and activity with a new URL', async () => {
  const { as, input, rows } = newUser()
  const first = await ago(20 * 60_000, () => requested(app, as, input))
  const again = await requested(app, as, input)
  expect(again.upload).toEqual(first.upload)
  expect(again.activity).toEqual(first.activity)
  expect(Date.parse(again.request?.expiresAt ?? '')).toBe(Date.parse(first.request?.expiresAt ?? '') + 20 * 60_000)
  expect((await send(first.request!, smallFit)).status).toBe(403)
  expect((await send(again.request!, smallFit)).status).toBe(200)
  expect((await uploadRow(app, again.upload.id)).addressesExpireAt).toEqual(new Date(realNow.getTime() + 600_000))
  expect(await rows()).toBe(1)
})

test.each<[string, Partial<RequestUploadInput>]>([
  ['name', { filename: 'other.fit' }],
  ['type', { contentType: 'application/fit' }],
  ['size', { byteSize: smallFit.length + 1 }],
  ['MD5', { contentMd5: 'AAAAAAAAAAAAAAAAAAAAAA==' }],
  ['kind', { kind: 'AUDIO', contentType: 'audio/mpeg' }],
])('the same key with another %s returns IdempotencyConflictError and keeps the first upload', async (_, changes) => {
  const { as, input, rows } = newUser()
  const first = await requested(app, as, input)
  expect(await request(app, as, { ...input, ...changes })).toMatchObject({
    __typename: 'IdempotencyConflictError',
    code: 'IDEMPOTENCY_CONFLICT',
  })
  expect(await requested(app, as, input)).toMatchObject({ upload: { id: first.upload.id } })
  expect(await rows()).toBe(1)
})

test('the same key with another activity returns IdempotencyConflictError', async () => {
  const { as, input } = newUser()
  const { upload, activity } = await requested(app, as)
  await cancel(app, as, upload.id)
  await requested(app, as, { ...input, activityId: activity?.id })
  expect(await request(app, as, input)).toMatchObject({ __typename: 'IdempotencyConflictError' })
})

test('a media type in another notation is the same input', async () => {
  const { as, input } = newUser()
  const first = await requested(app, as, { ...input, contentType: '' })
  const again = await requested(app, as, { ...input, contentType: ' APPLICATION/octet-stream' })
  expect(again.upload).toEqual(first.upload)
})

test.each<[string, Partial<RequestUploadInput>]>([
  ['in one request', {}],
  ['in parts', { kind: 'AUDIO', contentType: 'audio/wav', byteSize: overOnePart }],
])('twenty concurrent requests with one key create one row, %s', async (_, changes) => {
  const { as, input, rows } = newUser()
  const answers = await Promise.all(Array.from({ length: 20 }, () => requested(app, as, { ...input, ...changes })))
  expect(new Set(answers.map(({ upload }) => upload.id)).size).toBe(1)
  expect(new Set(answers.map(({ activity }) => activity?.id)).size).toBe(1)
  expect(new Set(answers.flatMap(({ parts }) => parts?.[1]?.request.url ?? [])).size).toBeLessThanOrEqual(1)
  expect(await rows()).toBe(1)
})

test('two users can use the same key', async () => {
  const [one, two] = [newUser(), newUser()]
  const answers = [await requested(app, one.as, one.input), await requested(app, two.as, two.input)]
  expect(answers[0]?.upload.id).not.toBe(answers[1]?.upload.id)
  expect([await one.rows(), await two.rows()]).toEqual([1, 1])
})

test('a key expires after 24 hours and then creates a new upload', async () => {
  const { as, input, rows } = newUser()
  const first = await ago(24 * hour + 1, () => requested(app, as, input))
  const within = await ago(1, () => requested(app, as, input))
  expect(within.upload.id).toBe(first.upload.id)
  const after = await requested(app, as, input)
  expect(after.upload.id).not.toBe(first.upload.id)
  expect(await requested(app, as, input)).toMatchObject({ upload: { id: after.upload.id } })
  expect(await rows()).toBe(2)
})

test('an expired key can be used with another input', async () => {
  const { as, input } = newUser()
  await ago(25 * hour, () => requested(app, as, input))
  expect(await requested(app, as, { ...input, filename: 'other.fit' })).toMatchObject({ request: { method: 'PUT' } })
})

test('a large file with an expired key gets a new multipart upload', async () => {
  const { as } = newUser()
  const input = { idempotencyKey: 'k', kind: 'AUDIO', contentType: 'audio/wav', byteSize: overOnePart } as const
  await ago(25 * hour, () => requested(app, as, input))
  expect(await requested(app, as, input)).toMatchObject({
    request: null,
    parts: Array.from({ length: 9 }, (_, index) => ({ partNumber: index + 1 })),
  })
})

test('an expired key that the hourly job has deleted creates a new upload', async () => {
  const { as, input, rows } = newUser()
  await ago(25 * hour, () => requested(app, as, input))
  await app.runJob('platform.prune-idempotency-keys')
  expect(
    await app.app.db.prisma.idempotencyKey.count({
      where: { createdAt: { lt: new Date(realNow.getTime() - 24 * hour) } },
    }),
  ).toBe(0)
  await requested(app, as, input)
  expect(await rows()).toBe(2)
})

test('a key of an invalid request can be used for the corrected one', async () => {
  const { as, input } = newUser()
  expect(await request(app, as, { ...input, byteSize: 0 })).toMatchObject({ __typename: 'InvalidInputError' })
  expect(await requested(app, as, input)).toMatchObject({ upload: { status: 'PENDING' } })
})

test('a request with an unknown activity creates nothing, and its key can be used again', async () => {
  const { as, input, rows } = newUser()
  const { activity } = await requested(app, newUser().as)
  expect(await request(app, as, { ...input, activityId: activity?.id })).toMatchObject({ __typename: 'NotFoundError' })
  expect(await rows()).toBe(0)
  expect(await requested(app, as, input)).toMatchObject({ upload: { status: 'PENDING' } })
})

test('an upload that is not PENDING is returned without a presigned request', async () => {
  const { as, input } = newUser()
  const { upload } = await completed(app, as, smallFit, input)
  expect(await requested(app, as, input)).toMatchObject({
    upload: { id: upload.id, status: 'READY', expiresAt: null },
    activity: { status: 'PROCESSING' },
    request: null,
    parts: null,
  })
  const other = { idempotencyKey: 'another key' }
  const given = await requested(app, as, other)
  await cancel(app, as, given.upload.id)
  expect(await request(app, as, other)).toMatchObject({
    __typename: 'UploadExpiredError',
    code: 'UPLOAD_EXPIRED',
    message: 'The upload was cancelled or not completed in time. Request a new upload, with a new idempotency key.',
  })
})

test('a key whose upload has expired returns UploadExpiredError, also before it is swept', async () => {
  const { as, input, rows } = newUser()
  const first = await requested(app, as, input)
  await app.app.db.prisma.upload.update({
    where: { id: rowId(first.upload.id) },
    data: { expiresAt: new Date(realNow.getTime() - 1) },
  })
  expect(await request(app, as, input)).toMatchObject({ __typename: 'UploadExpiredError' })
  await app.runJob('uploads.sweep')
  expect(await uploadRow(app, first.upload.id)).toMatchObject({ status: 'EXPIRED' })
  expect(await request(app, as, input)).toMatchObject({ __typename: 'UploadExpiredError' })
  expect(await rows()).toBe(1)
})

test('a key whose upload was deleted returns NotFoundError; a new key creates a new upload', async () => {
  const { as, input } = newUser()
  const { activity } = await requested(app, as, input)
  await app.run(as, DeleteActivityDocument, { input: { activityId: activity!.id } })
  expect(await request(app, as, input)).toMatchObject({
    __typename: 'NotFoundError',
    message: 'The upload was not found. It was deleted. Use a new idempotency key for a new request.',
  })
  expect(await requested(app, as, { idempotencyKey: 'a new key' })).toMatchObject({ upload: { status: 'PENDING' } })
})
