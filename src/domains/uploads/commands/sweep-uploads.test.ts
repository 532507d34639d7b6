import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ActivityDocument } from '../../../../operations/typed-operations.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
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
import { users } from '../../users/index.ts'

const ann = 'ann@example.com'
const hour = 3_600_000

let app: TestApp
let realNow: Date
beforeAll(async () => {
  app = await startTestApp()
  realNow = app.now
})
afterAll(() => app[Symbol.asyncDispose]())

/** Runs `work` with the clock set back. Tokens are valid for an hour, so tests cannot set the clock forward. */
async function ago<Result>(hours: number, work: () => Promise<Result>): Promise<Result> {
  app.now = new Date(realNow.getTime() - hours * hour)
  return work().finally(() => {
    app.now = realNow
  })
}

const activityRow = (id: string) => app.app.db.prisma.activity.findUnique({ where: { id: rowId(id) } })

async function writeObject(globalId: string): Promise<string> {
  const key = await keyOf(app, globalId)
  const contentType = 'application/octet-stream'
  await app.app.adapters.bucket.write({ key, contentType, contentDisposition: 'attachment', body: smallFit })
  return key
}

describe('an upload that was never completed', () => {
  test('is EXPIRED after 24 hours; its object and its waiting activity are removed', async () => {
    const { upload, activity } = await ago(24, () => requested(app, ann))
    const key = await writeObject(upload.id)
    await app.runJob('uploads.sweep')
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'EXPIRED', expiresAt: null, rejection: null })
    expect(await activityRow(activity!.id)).toBeNull()
    expect((await app.run(ann, ActivityDocument, { id: activity!.id })).data.node).toBeNull()
    expect(await complete(app, ann, upload.id)).toMatchObject({ __typename: 'UploadExpiredError' })

    expect(await jobsOf(app, upload.id)).toMatchObject([
      { name: 'uploads.remove-object' },
      { name: 'uploads.remove-object' },
    ])
    await app.runDueJobs()
    expect(await app.app.adapters.bucket.head(key)).toBeNull()
  })

  test('stays PENDING for 24 hours', async () => {
    const { upload, activity } = await ago(23.99, () => requested(app, ann))
    await app.runJob('uploads.sweep')
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
    expect(await activityRow(activity!.id)).toMatchObject({ status: 'AWAITING_FILE' })
    expect(await jobsOf(app, upload.id)).toEqual([])
  })

  test('has its sent parts removed', async () => {
    const sound = { kind: 'AUDIO', contentType: 'audio/wav', byteSize: 64 * 1024 * 1024 + 4 } as const
    const { upload, parts } = await requested(app, ann, sound)
    const last = parts!.at(-1)!.request
    expect((await send(last, Buffer.from('1234'))).status).toBe(200)
    // Expires the upload while its URLs are valid, so that the test can query the bucket.
    const where = { id: rowId(upload.id) }
    await app.app.db.prisma.upload.update({ where, data: { expiresAt: realNow } })
    await app.runJob('uploads.sweep')
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'EXPIRED' })
    await app.runDueJobs()
    expect((await send(last, Buffer.from('1234'))).status).toBe(404)
  })
})

describe('the sweep does not change', () => {
  test('an activity that existed before the upload', async () => {
    const activityId = await readActivity()
    const { upload } = await ago(25, () => requested(app, ann, { activityId }))
    await app.runJob('uploads.sweep')
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'EXPIRED' })
    expect(await activityRow(activityId)).toMatchObject({ status: 'READY', uploadId: null })
    expect(await requested(app, ann, { activityId })).toMatchObject({ activity: { id: activityId, status: 'READY' } })
  })

  test('uploads that are READY, REJECTED or CANCELLED, of any age', async () => {
    const ready = await completed(app, ann)
    const rejected = await sent(app, ann, Buffer.alloc(100, 'x'))
    await complete(app, ann, rejected.upload.id)
    const cancelled = await requested(app, ann)
    await cancel(app, ann, cancelled.upload.id)
    const ids = [ready, rejected, cancelled].map(({ upload }) => upload.id)
    await app.app.db.prisma.upload.updateMany({
      where: { id: { in: ids.map(rowId) } },
      data: { createdAt: new Date(realNow.getTime() - 1000 * hour) },
    })
    await app.runJob('uploads.sweep')
    const rows = await Promise.all(ids.map((id) => uploadRow(app, id)))
    expect(rows.map(({ status }) => status)).toEqual(['READY', 'REJECTED', 'CANCELLED'])
    await app.runDueJobs()
    expect(await app.app.adapters.bucket.head(await keyOf(app, ready.upload.id))).not.toBeNull()
  })

  test('a row that another transaction has locked, until the next sweep', async () => {
    const { upload } = await ago(25, () => requested(app, ann))
    const other = await app.app.db.pool.connect()
    try {
      await other.query('BEGIN')
      await other.query('SELECT 1 FROM uploads WHERE id = $1 FOR UPDATE', [rowId(upload.id)])
      await app.runJob('uploads.sweep')
      expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'PENDING' })
      await other.query('ROLLBACK')
    } finally {
      other.release()
    }
    await app.runJob('uploads.sweep')
    expect(await uploadRow(app, upload.id)).toMatchObject({ status: 'EXPIRED' })
  })
})

test('two concurrent sweeps end each of 250 due rows once', async () => {
  const userId = await annsId()
  const uploads = Array.from({ length: 250 }, () => ({ id: uuidv7(), activityId: uuidv7() }))
  const createdAt = new Date(realNow.getTime() - 25 * hour)
  const expiresAt = new Date(realNow.getTime() - hour)
  await app.app.db.prisma.upload.createMany({
    data: uploads.map(({ id }) => ({
      id,
      userId,
      kind: 'ACTIVITY',
      filename: 'run.fit',
      contentType: 'application/octet-stream',
      byteSize: 100,
      createdAt,
      expiresAt,
      addressesExpireAt: createdAt,
    })),
  })
  await app.app.db.prisma.activity.createMany({
    data: uploads.map((upload) => ({
      id: upload.activityId,
      userId,
      uploadId: upload.id,
      status: 'AWAITING_FILE',
      createdAt,
    })),
  })
  await Promise.all([app.runJob('uploads.sweep'), app.runJob('uploads.sweep')])
  const ids = uploads.map(({ id }) => id)
  const { prisma } = app.app.db
  expect(await prisma.upload.count({ where: { id: { in: ids }, status: 'EXPIRED', expiresAt: null } })).toBe(250)
  expect(await prisma.activity.count({ where: { id: { in: uploads.map((upload) => upload.activityId) } } })).toBe(0)
  const [jobs] = await prisma.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int FROM graphile_worker._private_jobs WHERE payload ->> 'uploadId' = ANY(${ids})`
  expect(jobs).toEqual({ count: 500 })
})

describe('activities with the status AWAITING_FILE without a pending upload', () => {
  test('are deleted a day after the request if the upload was cancelled or rejected', async () => {
    const cancelled = await ago(25, () => requested(app, ann))
    await cancel(app, ann, cancelled.upload.id)
    const refused = await ago(25, () => requested(app, ann))
    await app.app.db.prisma.upload.update({
      where: { id: rowId(refused.upload.id) },
      data: { status: 'REJECTED', rejection: 'CONTENT_MISMATCH', expiresAt: null },
    })
    await app.runJob('activities.sweep-awaiting')
    expect(await activityRow(cancelled.activity!.id)).toBeNull()
    expect(await activityRow(refused.activity!.id)).toBeNull()
    expect(await uploadRow(app, cancelled.upload.id)).toMatchObject({ status: 'CANCELLED' })
  })

  test('are kept within that day, with a new upload, and if they are READY', async () => {
    const fresh = await ago(23.9, () => requested(app, ann))
    await cancel(app, ann, fresh.upload.id)
    const lucky = await ago(25, () => requested(app, ann))
    await cancel(app, ann, lucky.upload.id)
    await requested(app, ann, { activityId: lucky.activity?.id })
    const read = await readActivity()
    const second = await ago(25, () => requested(app, ann, { activityId: read }))
    await cancel(app, ann, second.upload.id)
    await app.runJob('activities.sweep-awaiting')
    expect(await activityRow(fresh.activity!.id)).toMatchObject({ status: 'AWAITING_FILE' })
    expect(await activityRow(lucky.activity!.id)).toMatchObject({ status: 'AWAITING_FILE' })
    expect(await activityRow(read)).toMatchObject({ status: 'READY' })
  })
})

/** An activity that is READY without a file, as imported ones are. */
async function readActivity(): Promise<string> {
  const id = uuidv7()
  const startedAt = new Date('2026-11-01T06:00:00Z')
  const data = { id, userId: await annsId(), status: 'READY', startedAt, createdAt: startedAt } as const
  await app.app.db.prisma.activity.create({ data })
  return toGlobalId('Activity', id)
}

async function annsId(): Promise<string> {
  const emailIndex = app.app.services(users).emails.indexOf(ann)
  return (await app.app.db.prisma.user.findFirstOrThrow({ where: { emailIndex } })).id
}
