import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CompleteUploadDocument, DeleteActivityDocument, MeDocument } from '../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { send } from '../../testing/send.ts'
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
} from '../../testing/upload-steps.ts'

const ann = 'ann@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

test('before the file is there it is incomplete, nothing changes, and it works later', async () => {
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

test('twice, and ten times at once, is as once: one job, one payload', async () => {
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

test('after the file was read, completing again starts nothing', async () => {
  const { upload, activity } = await completed(app, ann)
  await app.runDueJobs()
  expect(await complete(app, ann, upload.id)).toMatchObject({ activity: { id: activity?.id, status: 'READY' } })
  expect(await jobsOf(app, activity!.id)).toEqual([])
})

test('a completed activity is listed, and one that waits for its file is not', async () => {
  const cat = 'cat@example.com'
  await requested(app, cat)
  const { activity } = await completed(app, cat)
  const { data } = await app.run(cat, MeDocument, { first: 20 })
  expect(data.me?.activities).toMatchObject({ totalCount: 1, edges: [{ node: { id: activity?.id } }] })
})

test('past its deadline an upload is expired, though the file is there', async () => {
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

test('cancelled and completed at once, one of the two wins, and all agree who', async () => {
  const outcomes = new Set<string>()
  for (let lead = 0; lead < 12 || (outcomes.size < 2 && lead < 60); lead++) {
    const { upload, activity } = await sent(app, ann)
    // Reads in between give the completion a lead that grows from round to round.
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

test('completed while its activity is deleted, it is READY or not found, and its object goes in the end', async () => {
  for (let lead = 0; lead < 8; lead++) {
    const { upload, activity } = await sent(app, ann)
    const key = await keyOf(app, upload.id)
    const deleteLater = async () => {
      for (let read = 0; read < lead; read++) await uploadRow(app, upload.id)
      return app.run(ann, DeleteActivityDocument, { activityId: activity!.id })
    }
    const [completion, deletion] = await Promise.all([complete(app, ann, upload.id), deleteLater()])
    expect(completion.__typename).toMatch(/^(CompleteUploadPayload|NotFoundError)$/)
    expect(deletion.data.deleteActivity).toEqual({ __typename: 'DeleteActivityPayload', deletedId: activity?.id })
    expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'NotFoundError' })
    await app.runDueJobs()
    expect(await app.app.adapters.bucket.head(key)).toBeNull()
  }
})

test('parts are refused for a file that goes up in one request', async () => {
  const { upload } = await sent(app, ann)
  expect(await complete(app, ann, upload.id, [{ partNumber: 1, etag: 'x' }])).toMatchObject({
    __typename: 'InvalidInputError',
  })
  expect(await complete(app, ann, upload.id, [])).toMatchObject({ __typename: 'CompleteUploadPayload' })
})

describe('whose upload', () => {
  test("another person's is as if it did not exist, before and after it is complete", async () => {
    const { upload } = await sent(app, ann)
    const notFound = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'There is no such upload.' }
    expect(await complete(app, 'bob@example.com', upload.id)).toEqual(notFound)
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
    await complete(app, ann, upload.id)
    expect(await complete(app, 'bob@example.com', upload.id)).toEqual(notFound)
  })

  test('one that never was is not found', async () => {
    const id = Buffer.from('Upload:01890000-0000-7000-8000-000000000000').toString('base64')
    expect(await complete(app, ann, id)).toMatchObject({ __typename: 'NotFoundError' })
  })

  test('nobody signed in is told so at the top level', async () => {
    const { upload } = await sent(app, ann)
    const answer = await app.run(null, CompleteUploadDocument, { input: { uploadId: upload.id } })
    expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
  })

  test.each<[string, () => Promise<string>]>([
    ["an activity's", async () => (await requested(app, ann)).activity!.id],
    ["a row's own", async () => rowId((await requested(app, ann)).upload.id)],
    ['an empty', async () => ''],
    ['NUL as', async () => '\0'],
    ['half a character as', async () => '\ud800'],
    ['10 kB of', async () => 'VXBs'.repeat(2_500)],
    ['another type of', async () => Buffer.from('Nothing:01890000-0000-7000-8000-000000000000').toString('base64')],
    ['no UUID in the', async () => Buffer.from('Upload:1').toString('base64')],
    ['SQL in the', async () => Buffer.from("Upload:' OR 1=1 --").toString('base64')],
  ])('%s id is invalid input', async (_, makeId) => {
    expect(await complete(app, ann, await makeId())).toMatchObject({
      __typename: 'InvalidInputError',
      message: 'This is not the id of an Upload.',
    })
  })
})
