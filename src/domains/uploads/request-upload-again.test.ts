import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeleteActivityDocument, type RequestUploadInput } from '../../../operations/typed-operations.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { send } from '../../testing/send.ts'
import { cancel, completed, request, requested, smallFit, uploadRow } from '../../testing/upload-steps.ts'

const hour = 3_600_000
const overOnePart = 64 * 1024 * 1024 + 1

let app: TestApp
let present: Date
beforeAll(async () => {
  app = await startTestApp()
  present = app.now
})
afterAll(() => app[Symbol.asyncDispose]())

/** A person and a key of their own, so that each test counts its own rows. */
function someone() {
  const as = `${randomUUID()}@example.com`
  const input = { idempotencyKey: 'the key' }
  const rows = () => app.app.db.prisma.upload.count({ where: { user: { emailIndex: app.app.emails.indexOf(as) } } })
  return { as, input, rows }
}

/** Does something so long ago, and comes back. Tokens live an hour, so tests go back rather than forth. */
async function ago<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  app.now = new Date(present.getTime() - milliseconds)
  return work().finally(() => {
    app.now = present
  })
}

test('the same key with the same input is the same upload and activity, signed anew', async () => {
  const { as, input, rows } = someone()
  const first = await ago(20 * 60_000, () => requested(app, as, input))
  const again = await requested(app, as, input)
  expect(again.upload).toEqual(first.upload)
  expect(again.activity).toEqual(first.activity)
  expect(Date.parse(again.request?.expiresAt ?? '')).toBe(Date.parse(first.request?.expiresAt ?? '') + 20 * 60_000)
  expect((await send(first.request!, smallFit)).status).toBe(403)
  expect((await send(again.request!, smallFit)).status).toBe(200)
  expect((await uploadRow(app, again.upload.id)).addressesLapseAt).toEqual(new Date(present.getTime() + 600_000))
  expect(await rows()).toBe(1)
})

test.each<[string, Partial<RequestUploadInput>]>([
  ['name', { filename: 'other.fit' }],
  ['type', { contentType: 'application/fit' }],
  ['size', { byteSize: smallFit.length + 1 }],
  ['MD5', { contentMd5: 'AAAAAAAAAAAAAAAAAAAAAA==' }],
  ['kind', { kind: 'AUDIO', contentType: 'audio/mpeg' }],
])('the same key with another %s is refused, and the first upload stays', async (_, changes) => {
  const { as, input, rows } = someone()
  const first = await requested(app, as, input)
  expect(await request(app, as, { ...input, ...changes })).toMatchObject({
    __typename: 'IdempotencyConflictError',
    code: 'IDEMPOTENCY_CONFLICT',
  })
  expect(await requested(app, as, input)).toMatchObject({ upload: { id: first.upload.id } })
  expect(await rows()).toBe(1)
})

test('the same key with another activity is refused', async () => {
  const { as, input } = someone()
  const { upload, activity } = await requested(app, as)
  await cancel(app, as, upload.id)
  await requested(app, as, { ...input, activityId: activity?.id })
  expect(await request(app, as, input)).toMatchObject({ __typename: 'IdempotencyConflictError' })
})

test('a type that is written otherwise is the same input', async () => {
  const { as, input } = someone()
  const first = await requested(app, as, { ...input, contentType: '' })
  const again = await requested(app, as, { ...input, contentType: ' APPLICATION/octet-stream' })
  expect(again.upload).toEqual(first.upload)
})

test.each<[string, Partial<RequestUploadInput>]>([
  ['in one request', {}],
  ['in parts', { kind: 'AUDIO', contentType: 'audio/wav', byteSize: overOnePart }],
])('twenty at once %s are one row', async (_, changes) => {
  const { as, input, rows } = someone()
  const answers = await Promise.all(Array.from({ length: 20 }, () => requested(app, as, { ...input, ...changes })))
  expect(new Set(answers.map(({ upload }) => upload.id)).size).toBe(1)
  expect(new Set(answers.map(({ activity }) => activity?.id)).size).toBe(1)
  expect(new Set(answers.flatMap(({ parts }) => parts?.[1]?.request.url ?? [])).size).toBeLessThanOrEqual(1)
  expect(await rows()).toBe(1)
})

test('two people may use the same key', async () => {
  const [one, two] = [someone(), someone()]
  const answers = [await requested(app, one.as, one.input), await requested(app, two.as, two.input)]
  expect(answers[0]?.upload.id).not.toBe(answers[1]?.upload.id)
  expect([await one.rows(), await two.rows()]).toEqual([1, 1])
})

test('a key is kept for 24 hours and then means a new upload', async () => {
  const { as, input, rows } = someone()
  const first = await ago(24 * hour + 1, () => requested(app, as, input))
  const within = await ago(1, () => requested(app, as, input))
  expect(within.upload.id).toBe(first.upload.id)
  const after = await requested(app, as, input)
  expect(after.upload.id).not.toBe(first.upload.id)
  expect(await requested(app, as, input)).toMatchObject({ upload: { id: after.upload.id } })
  expect(await rows()).toBe(2)
})

test('a key that has lapsed may stand for another input', async () => {
  const { as, input } = someone()
  await ago(25 * hour, () => requested(app, as, input))
  expect(await requested(app, as, { ...input, filename: 'other.fit' })).toMatchObject({ request: { method: 'PUT' } })
})

test('a large file under a key that has lapsed goes up in parts again', async () => {
  const { as } = someone()
  const input = { idempotencyKey: 'k', kind: 'AUDIO', contentType: 'audio/wav', byteSize: overOnePart } as const
  await ago(25 * hour, () => requested(app, as, input))
  expect(await requested(app, as, input)).toMatchObject({
    request: null,
    parts: [{ partNumber: 1 }, { partNumber: 2 }],
  })
})

test('a lapsed key that was forgotten by the hourly job means a new upload too', async () => {
  const { as, input, rows } = someone()
  await ago(25 * hour, () => requested(app, as, input))
  await app.runJob('platform.prune-idempotency-keys')
  expect(
    await app.app.db.prisma.idempotencyKey.count({
      where: { createdAt: { lt: new Date(present.getTime() - 24 * hour) } },
    }),
  ).toBe(0)
  await requested(app, as, input)
  expect(await rows()).toBe(2)
})

test('a refused request is not remembered: its key can be used once it is mended', async () => {
  const { as, input } = someone()
  expect(await request(app, as, { ...input, byteSize: 0 })).toMatchObject({ __typename: 'InvalidInputError' })
  expect(await requested(app, as, input)).toMatchObject({ upload: { status: 'PENDING' } })
})

test('a request whose activity does not exist is not remembered, and leaves nothing', async () => {
  const { as, input, rows } = someone()
  const { activity } = await requested(app, someone().as)
  expect(await request(app, as, { ...input, activityId: activity?.id })).toMatchObject({ __typename: 'NotFoundError' })
  expect(await rows()).toBe(0)
  expect(await requested(app, as, input)).toMatchObject({ upload: { status: 'PENDING' } })
})

test('an upload that no longer waits is answered without an address', async () => {
  const { as, input } = someone()
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
  expect(await requested(app, as, other)).toMatchObject({ upload: { status: 'CANCELLED' }, request: null })
})

test('an upload that was deleted with its activity is not found; a new key makes a new one', async () => {
  const { as, input } = someone()
  const { activity } = await requested(app, as, input)
  await app.run(as, DeleteActivityDocument, { activityId: activity!.id })
  expect(await request(app, as, input)).toMatchObject({
    __typename: 'NotFoundError',
    message: 'There is no such upload any more: it was deleted. Use a new key for a new request.',
  })
  expect(await requested(app, as, { idempotencyKey: 'a new key' })).toMatchObject({ upload: { status: 'PENDING' } })
})
