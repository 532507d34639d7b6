import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CancelUploadDocument, UploadsDocument } from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { send } from '../../../testing/send.ts'
import {
  cancel,
  complete,
  completed,
  jobsOf,
  keyOf,
  requested,
  rowId,
  sent,
  smallFit,
  uploadRow,
} from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const notPending = { __typename: 'UploadNotPendingError', code: 'UPLOAD_NOT_PENDING' }

test('cancelUpload is idempotent, also for ten concurrent calls', async () => {
  const eve = 'eve@example.com'
  const { upload } = await requested(app, eve)
  const payload = { __typename: 'CancelUploadPayload', upload: { id: upload.id, status: 'CANCELLED' } }
  const ten = await Promise.all(Array.from({ length: 10 }, () => cancel(app, eve, upload.id)))
  expect(ten).toEqual(Array.from({ length: 10 }, () => payload))
  expect(await cancel(app, eve, upload.id)).toEqual(payload)
  expect(await jobsOf(app, upload.id)).toHaveLength(2)
  const { data } = await app.run(eve, UploadsDocument, { status: 'CANCELLED' })
  expect(data.me?.uploads.edges).toMatchObject([{ node: { id: upload.id, expiresAt: null, rejection: null } }])
})

test('a cancelled upload cannot be completed, even if its file was sent', async () => {
  const { upload } = await sent(app, ann)
  await cancel(app, ann, upload.id)
  expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'UploadExpiredError' })
})

test('the object is removed at once, and again after the last presigned URL has expired', async () => {
  const { bucket } = app.app.adapters
  const { upload, request } = await sent(app, ann)
  const key = await keyOf(app, upload.id)
  await cancel(app, ann, upload.id)
  await app.runDueJobs()
  expect(await bucket.head(key)).toBeNull()

  expect((await send(request!, smallFit)).status).toBe(200)
  const [last, ...others] = await jobsOf(app, upload.id)
  expect(others).toEqual([])
  expect(last?.name).toBe('uploads.remove-object')
  expect(last?.runAt.getTime()).toBeGreaterThan(Date.parse(request!.expiresAt))
  await app.runJob(last!.name, last!.payload)
  expect(await bucket.head(key)).toBeNull()
})

test('the last removal runs after the latest presigned URL has expired', async () => {
  const realNow = app.now
  app.now = new Date(realNow.getTime() - 8 * 60_000)
  const { upload } = await requested(app, ann, { idempotencyKey: 'repeated' })
  app.now = realNow
  const again = await requested(app, ann, { idempotencyKey: 'repeated' })
  await cancel(app, ann, upload.id)
  const [, last] = await jobsOf(app, upload.id)
  expect(last?.runAt.getTime()).toBeGreaterThan(Date.parse(again.request!.expiresAt))
})

test('the activity is kept with the status AWAITING_FILE', async () => {
  const { upload, activity } = await requested(app, ann)
  await cancel(app, ann, upload.id)
  const row = await app.app.db.prisma.activity.findUnique({ where: { id: rowId(activity!.id) } })
  expect(row).toMatchObject({ status: 'AWAITING_FILE', uploadId: rowId(upload.id) })
})

describe('cancelUpload returns UploadNotPendingError for an upload that is', () => {
  test('READY', async () => {
    const { upload } = await completed(app, ann)
    expect(await cancel(app, ann, upload.id)).toMatchObject(notPending)
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'READY' })
    await app.runDueJobs()
    expect(await app.app.adapters.bucket.head(await keyOf(app, upload.id))).not.toBeNull()
  })

  test('REJECTED', async () => {
    const { upload } = await sent(app, ann, Buffer.alloc(100, 'x'))
    await complete(app, ann, upload.id)
    expect(await cancel(app, ann, upload.id)).toMatchObject(notPending)
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'REJECTED' })
  })

  test('EXPIRED', async () => {
    const realNow = app.now
    app.now = new Date(realNow.getTime() - 25 * 3_600_000)
    const { upload } = await requested(app, ann)
    app.now = realNow
    await app.runJob('uploads.sweep')
    expect(await cancel(app, ann, upload.id)).toMatchObject(notPending)
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'EXPIRED' })
  })
})

describe('authorization', () => {
  test("another user's upload returns NotFoundError", async () => {
    const { upload } = await requested(app, ann)
    expect(await cancel(app, 'bob@example.com', upload.id)).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'The upload was not found.',
    })
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
  })

  test('without a session the error is UNAUTHENTICATED, at the top level', async () => {
    const { upload } = await requested(app, ann)
    const answer = await app.run(null, CancelUploadDocument, { input: { uploadId: upload.id } })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
  })

  test.each(['', '\0', '\ud800', 'x'.repeat(10_000)])('uploadId "%.10s" is invalid input', async (uploadId) => {
    expect(await cancel(app, ann, uploadId)).toMatchObject({ __typename: 'InvalidInputError' })
  })

  test("an activity's id as uploadId is invalid input", async () => {
    const { activity } = await requested(app, ann)
    expect(await cancel(app, ann, activity!.id)).toMatchObject({ __typename: 'InvalidInputError' })
  })
})
