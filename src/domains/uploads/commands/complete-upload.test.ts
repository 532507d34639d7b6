import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CompleteUploadDocument, DeleteActivityDocument, MeDocument } from '../../../../operations/typed-operations.ts'
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

test('completeUpload returns UploadIncompleteError before the file is sent, and succeeds afterwards', async () => {
  const answer = await requested(app, ann)
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await complete(app, ann, answer.upload.id)).toMatchObject({
      __typename: 'UploadIncompleteError',
      code: 'UPLOAD_INCOMPLETE',
    })
  }
  expect(await uploadRow(app, answer.upload.id)).toMatchObject({ status: 'PENDING' })
  expect(await jobsOf(app, answer.activity!.id)).toEqual([])
  await send(answer.request!, smallFit)
  expect(await complete(app, ann, answer.upload.id)).toEqual({
    __typename: 'CompleteUploadPayload',
    upload: { id: answer.upload.id, status: 'READY' },
    activity: { id: answer.activity?.id, status: 'PROCESSING' },
  })
})

test('completeUpload is idempotent, also for ten concurrent calls: one job, equal payloads', async () => {
  const { upload, activity } = await sent(app, ann)
  const payload = {
    __typename: 'CompleteUploadPayload',
    upload: { id: upload.id, status: 'READY' },
    activity: { id: activity?.id, status: 'PROCESSING' },
  }
  const ten = await Promise.all(Array.from({ length: 10 }, () => complete(app, ann, upload.id)))
  expect(ten).toEqual(Array.from({ length: 10 }, () => payload))
  expect(await complete(app, ann, upload.id)).toEqual(payload)
  expect(await jobsOf(app, activity!.id)).toMatchObject([{ name: 'activities.read-file' }])
  expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'READY', expiresAt: null })
  const { revision } = await app.app.db.prisma.activity.findUniqueOrThrow({ where: { id: rowId(activity!.id) } })
  expect(revision).toBe(1)
})

test('completeUpload after the file was read starts no job', async () => {
  const { upload, activity } = await completed(app, ann)
  await app.runDueJobs()
  expect(await complete(app, ann, upload.id)).toMatchObject({ activity: { id: activity?.id, status: 'READY' } })
  expect(await jobsOf(app, activity!.id)).toEqual([])
})

test('me.activities lists an activity after its upload is completed, not before', async () => {
  const cat = 'cat@example.com'
  await requested(app, cat)
  const { activity } = await completed(app, cat)
  const { data } = await app.run(cat, MeDocument, { first: 20 })
  expect(data.me?.activities).toMatchObject({ totalCount: 1, edges: [{ node: { id: activity?.id } }] })
})

test('completeUpload returns UploadExpiredError after the deadline, even if the file was sent', async () => {
  const present = app.now
  app.now = new Date(present.getTime() - 24 * 3_600_000)
  const { upload } = await requested(app, ann)
  const key = await keyOf(app, upload.id)
  const contentType = 'application/octet-stream'
  await app.app.adapters.bucket.write({ key, contentType, contentDisposition: 'attachment', body: smallFit })
  app.now = present
  expect(await complete(app, ann, upload.id)).toMatchObject({
    __typename: 'UploadExpiredError',
    code: 'UPLOAD_EXPIRED',
  })
  app.now = new Date(present.getTime() - 1)
  expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'CompleteUploadPayload' })
  app.now = present
})

test('of a concurrent cancelUpload and completeUpload exactly one succeeds', async () => {
  const outcomes = new Set<string>()
  for (let lead = 0; lead < 12 || (outcomes.size < 2 && lead < 60); lead++) {
    const { upload, activity } = await sent(app, ann)
    // Each round delays the cancellation by one more read, so that either call can win.
    const cancelLater = async () => {
      for (let read = 0; read < lead; read++) await uploadRow(app, upload.id)
      return cancel(app, ann, upload.id)
    }
    const [completion, cancellation] = await Promise.all([complete(app, ann, upload.id), cancelLater()])
    const { status } = await uploadRow(app, upload.id)
    const row = await app.app.db.prisma.activity.findUnique({ where: { id: rowId(activity!.id) } })
    const jobs = await jobsOf(app, upload.id)
    outcomes.add(status)
    if (status === 'READY') {
      expect(completion).toMatchObject({ __typename: 'CompleteUploadPayload' })
      expect(cancellation).toMatchObject({ __typename: 'UploadNotPendingError' })
      expect(row).toMatchObject({ status: 'PROCESSING' })
      expect(jobs).toEqual([])
    } else {
      expect(status).toBe('CANCELLED')
      expect(completion).toMatchObject({ __typename: 'UploadExpiredError' })
      expect(cancellation).toMatchObject({ __typename: 'CancelUploadPayload' })
      expect(row).toMatchObject({ status: 'AWAITING_FILE' })
      expect(jobs).toHaveLength(2)
      expect(await jobsOf(app, activity!.id)).toEqual([])
    }
  }
  expect([...outcomes].sort()).toEqual(['CANCELLED', 'READY'])
})

test('completeUpload during deleteActivity succeeds or returns NotFoundError, and the object is removed', async () => {
  for (let lead = 0; lead < 8; lead++) {
    const { upload, activity } = await sent(app, ann)
    const key = await keyOf(app, upload.id)
    const deleteLater = async () => {
      for (let read = 0; read < lead; read++) await uploadRow(app, upload.id)
      return app.run(ann, DeleteActivityDocument, { input: { activityId: activity!.id } })
    }
    const [completion, deletion] = await Promise.all([complete(app, ann, upload.id), deleteLater()])
    expect(completion.__typename).toMatch(/^(CompleteUploadPayload|NotFoundError)$/)
    expect(deletion.data.deleteActivity).toEqual({ __typename: 'DeleteActivityPayload', deletedId: activity?.id })
    expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'NotFoundError' })
    await app.runDueJobs()
    expect(await app.app.adapters.bucket.head(key)).toBeNull()
  }
})

test('parts are invalid input for a file that is sent in one request', async () => {
  const { upload } = await sent(app, ann)
  expect(await complete(app, ann, upload.id, [{ partNumber: 1, etag: 'x' }])).toMatchObject({
    __typename: 'InvalidInputError',
  })
  expect(await complete(app, ann, upload.id, [])).toMatchObject({ __typename: 'CompleteUploadPayload' })
})

describe('authorization and ids', () => {
  test("another user's upload returns NotFoundError, before and after it is completed", async () => {
    const { upload } = await sent(app, ann)
    const notFound = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'The upload was not found.' }
    expect(await complete(app, 'bob@example.com', upload.id)).toEqual(notFound)
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
    await complete(app, ann, upload.id)
    expect(await complete(app, 'bob@example.com', upload.id)).toEqual(notFound)
  })

  test('an unknown id returns NotFoundError', async () => {
    const id = Buffer.from('Upload:01890000-0000-7000-8000-000000000000').toString('base64')
    expect(await complete(app, ann, id)).toMatchObject({ __typename: 'NotFoundError' })
  })

  test('without a session the error is UNAUTHENTICATED, at the top level', async () => {
    const { upload } = await sent(app, ann)
    const answer = await app.run(null, CompleteUploadDocument, { input: { uploadId: upload.id } })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
  })

  test.each<[string, () => Promise<string>]>([
    ["an activity's id", async () => (await requested(app, ann)).activity!.id],
    ["a row's UUID", async () => rowId((await requested(app, ann)).upload.id)],
    ['an empty text', async () => ''],
    ['NUL', async () => '\0'],
    ['an unpaired surrogate', async () => '\ud800'],
    ['10 kB', async () => 'VXBs'.repeat(2_500)],
    [
      'an id of another type',
      async () => Buffer.from('Nothing:01890000-0000-7000-8000-000000000000').toString('base64'),
    ],
    ['an id without a UUID', async () => Buffer.from('Upload:1').toString('base64')],
    ['an id with SQL', async () => Buffer.from("Upload:' OR 1=1 --").toString('base64')],
  ])('%s as uploadId is invalid input', async (_, makeId) => {
    expect(await complete(app, ann, await makeId())).toMatchObject({
      __typename: 'InvalidInputError',
      message: 'This is not a valid Upload ID.',
    })
  })
})
