import { afterAll, beforeAll, expect, test } from 'vitest'
import { ActivityDocument, DeleteActivityDocument } from '../../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { send } from '../../../testing/send.ts'
import { cancel, complete, completed, request, requested, rowId, smallFit } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const alreadyHasFile = {
  __typename: 'InvalidInputError',
  issues: [{ path: ['input', 'activityId'], message: 'This activity already has a file or a pending upload.' }],
}

async function cancelledActivity(): Promise<string> {
  const { upload, activity } = await requested(app, ann)
  await cancel(app, ann, upload.id)
  return activity!.id
}

test('requestUpload accepts an activity whose upload was cancelled, and the activity is read from the new file', async () => {
  const activityId = await cancelledActivity()
  const { upload, activity } = await completed(app, ann, smallFit, { activityId })
  expect(activity?.id).toBe(activityId)
  await app.runDueJobs()
  const { data } = await app.run(ann, ActivityDocument, { id: activityId })
  expect(data.node).toMatchObject({ id: activityId, status: 'READY', upload: { id: upload.id } })
})

test('requestUpload accepts an activity whose upload was rejected', async () => {
  const noise = Buffer.alloc(smallFit.length, 'no recording ')
  const first = await requested(app, ann)
  await send(first.request!, noise)
  expect(await complete(app, ann, first.upload.id)).toMatchObject({ __typename: 'UploadRejectedError' })
  const second = await requested(app, ann, { activityId: first.activity?.id })
  expect(second.activity).toEqual({ id: first.activity?.id, status: 'AWAITING_FILE' })
})

test('requestUpload rejects an activity with a pending upload', async () => {
  const { activity } = await requested(app, ann)
  expect(await request(app, ann, { activityId: activity?.id })).toMatchObject(alreadyHasFile)
})

test('requestUpload rejects an activity with a file, while it is read and afterwards', async () => {
  const { activity, upload } = await completed(app, ann)
  expect(await request(app, ann, { activityId: activity?.id })).toMatchObject(alreadyHasFile)
  await app.runDueJobs()
  expect(await request(app, ann, { activityId: activity?.id })).toMatchObject(alreadyHasFile)
  const { data } = await app.run(ann, ActivityDocument, { id: activity!.id })
  expect(data.node).toMatchObject({ status: 'READY', upload: { id: upload.id } })
})

test('of eight concurrent requests for one activity exactly one succeeds', async () => {
  const activityId = await cancelledActivity()
  const rowsBefore = await app.app.db.prisma.upload.count()
  const results = await Promise.all(Array.from({ length: 8 }, () => request(app, ann, { activityId })))
  const winners = results.filter((result) => result.__typename === 'RequestUploadPayload')
  expect(winners).toHaveLength(1)
  expect(results.filter((result) => result.__typename !== 'RequestUploadPayload')).toEqual(
    Array.from({ length: 7 }, () => expect.objectContaining({ __typename: 'InvalidInputError' })),
  )
  expect(await app.app.db.prisma.upload.count()).toBe(rowsBefore + 1)
  const activity = await app.app.db.prisma.activity.findUnique({ where: { id: rowId(activityId) } })
  expect(activity?.uploadId).toBe(rowId(winners[0]?.upload.id ?? ''))
})

test("another user's activity and a deleted one return NotFoundError", async () => {
  const activityId = await cancelledActivity()
  const notFound = { __typename: 'NotFoundError', code: 'NOT_FOUND', message: 'The activity was not found.' }
  expect(await request(app, 'bob@example.com', { activityId })).toEqual(notFound)
  await app.run(ann, DeleteActivityDocument, { input: { activityId } })
  expect(await request(app, ann, { activityId })).toEqual(notFound)
})

test('a cancelled upload cannot be completed after its activity got another file', async () => {
  const first = await requested(app, ann)
  await cancel(app, ann, first.upload.id)
  const second = await completed(app, ann, smallFit, { activityId: first.activity?.id })
  expect(await complete(app, ann, first.upload.id)).toMatchObject({ __typename: 'UploadExpiredError' })
  await app.runDueJobs()
  const { data } = await app.run(ann, ActivityDocument, { id: first.activity!.id })
  expect(data.node).toMatchObject({ status: 'READY', upload: { id: second.upload.id } })
})

test('activityId is invalid for an AUDIO file', async () => {
  const activityId = await cancelledActivity()
  const sound = { kind: 'AUDIO', contentType: 'audio/mpeg' } as const
  expect(await request(app, ann, { ...sound, activityId })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['input', 'activityId'] }],
  })
})

test.each(['', 'x', '\0', '\ud800', 'x'.repeat(10_000)])('activityId "%.10s" is invalid input', async (activityId) => {
  expect(await request(app, ann, { activityId })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['input', 'activityId'] }],
  })
})

test("an upload's id as activityId is invalid input", async () => {
  const { upload } = await requested(app, ann)
  expect(await request(app, ann, { activityId: upload.id })).toMatchObject({
    __typename: 'InvalidInputError',
    issues: [{ path: ['input', 'activityId'] }],
  })
})
