import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type BucketDoor, openBucketDoor } from '../../testing/bucket-door.ts'
import { createPerson } from '../../testing/factories.ts'
import { plansWith, subscribe } from '../../testing/plans.ts'
import { cancel, request, requested, rowId } from '../../testing/upload-steps.ts'

const kibibyte = 1024
const byteLimit = 100 * kibibyte
const uploadLimit = 12
const sound = { kind: 'AUDIO', contentType: 'audio/mpeg' } as const

let door: BucketDoor
let app: TestApp
beforeAll(async () => {
  door = await openBucketDoor()
  const plans = plansWith('FREE', [
    { meter: 'STORAGE_BYTES', period: 'TOTAL', limit: byteLimit },
    { meter: 'UPLOADS', period: 'WEEK', limit: uploadLimit },
  ])
  app = await startTestApp({ config: { plans, poolSize: 20, bucket: door.bucket } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await door[Symbol.asyncDispose]()
})

async function storedBy(userId: string) {
  const { _sum, _count } = await app.app.db.prisma.upload.aggregate({
    where: { userId },
    _sum: { byteSize: true },
    _count: true,
  })
  return { bytes: Number(_sum.byteSize ?? 0), files: _count }
}

async function usedBy(userId: string) {
  const counters = await app.app.db.prisma.usageCounter.findMany({ where: { userId } })
  return Object.fromEntries(counters.map(({ meter, used }) => [meter, Number(used)]))
}

/** On a slow machine a request may find no connection in time: it is sent again, with the same key. */
async function insist(as: string, byteSize: number) {
  const wish = { ...sound, byteSize, idempotencyKey: randomUUID() }
  for (;;) {
    const answer = await request(app, as, wish).catch((error: Error) => error)
    if (!(answer instanceof Error)) return answer
    if (!answer.message.includes('INTERNAL_SERVER_ERROR')) throw answer
  }
}

const fullStorage = {
  __typename: 'QuotaExceededError',
  code: 'QUOTA_EXCEEDED',
  meter: 'STORAGE_BYTES',
  period: 'TOTAL',
  limit: byteLimit,
  resetAt: null,
}

describe('the bytes of a plan', () => {
  test('are never passed by 100 requests at once, and are used up to the last file that fits', async () => {
    const as = 'race@example.com'
    const { id } = await createPerson(app, as)
    // 70 of the 100 KiB are taken; seven files of 4 KiB fit into the rest, and 2 KiB stay.
    await requested(app, as, { byteSize: 70 * kibibyte })
    const answers = await Promise.all(Array.from({ length: 100 }, () => insist(as, 4 * kibibyte)))
    const refused = answers.filter((answer) => answer.__typename !== 'RequestUploadPayload')
    expect(answers.length - refused.length).toBe(7)
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ ...fullStorage, used: 98 * kibibyte })))
    expect(await storedBy(id)).toEqual({ bytes: 98 * kibibyte, files: 8 })
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: 98 * kibibyte, UPLOADS: 8 })
    // To the byte.
    await requested(app, as, { byteSize: 2 * kibibyte })
    expect(await request(app, as, { byteSize: 1 })).toMatchObject({ ...fullStorage, used: byteLimit })
  })

  test('are free again for another file once one is given up', async () => {
    const as = 'giver@example.com'
    await createPerson(app, as)
    const { upload } = await requested(app, as, { byteSize: byteLimit })
    expect(await request(app, as, { byteSize: 1 })).toMatchObject(fullStorage)
    await cancel(app, as, upload.id)
    await cancel(app, as, upload.id)
    await requested(app, as, { byteSize: byteLimit })
    expect(await request(app, as, { byteSize: 1 })).toMatchObject({ ...fullStorage, used: byteLimit })
  })

  test('of a larger plan stay when it ends, and nothing new is taken until they fit', async () => {
    const as = 'downgrade@example.com'
    const { id } = await createPerson(app, as)
    const subscriptionId = await subscribe(app, id)
    const { upload } = await requested(app, as, { byteSize: 3 * byteLimit })
    const ended = { where: { id: subscriptionId }, data: { endedAt: app.now } }
    await app.app.db.prisma.planSubscription.update(ended)
    expect(await request(app, as, { byteSize: 1 })).toMatchObject({ ...fullStorage, used: 3 * byteLimit })
    expect(await storedBy(id)).toEqual({ bytes: 3 * byteLimit, files: 1 })
    await cancel(app, as, upload.id)
    await requested(app, as, { byteSize: byteLimit })
  })
})

describe('the uploads of a plan', () => {
  test('stay used when a file is given up, and say when they come back', async () => {
    const as = 'often@example.com'
    await createPerson(app, as)
    for (let n = 0; n < uploadLimit; n += 1)
      await cancel(app, as, (await requested(app, as, { byteSize: 1 })).upload.id)
    const refused = await request(app, as, { byteSize: 1 })
    expect(refused).toMatchObject({ meter: 'UPLOADS', period: 'WEEK', limit: uploadLimit, used: uploadLimit })
    const resetAt = new Date((refused as { resetAt: string }).resetAt)
    expect(resetAt.getUTCDay()).toBe(1)
    expect(resetAt.getTime() - app.now.getTime()).toBeLessThanOrEqual(7 * 24 * 3_600_000)
  })
})

describe('asking again with the same key', () => {
  test('20 times at once is counted once, and works when nothing is left', async () => {
    const as = 'again@example.com'
    const { id } = await createPerson(app, as)
    const wish = { byteSize: byteLimit, idempotencyKey: randomUUID() }
    const answers = await Promise.all(Array.from({ length: 20 }, () => requested(app, as, wish)))
    expect(new Set(answers.map(({ upload }) => upload.id)).size).toBe(1)
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: byteLimit, UPLOADS: 1 })
    await requested(app, as, wish)
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: byteLimit, UPLOADS: 1 })
  })

  test('after a refusal is a new request: refusals are not remembered, and leave nothing behind', async () => {
    const as = 'refused@example.com'
    const { id } = await createPerson(app, as)
    const { upload } = await requested(app, as, { byteSize: byteLimit })
    const wish = { byteSize: 10, idempotencyKey: randomUUID() }
    expect(await request(app, as, wish)).toMatchObject(fullStorage)
    expect(await app.app.db.prisma.activity.count({ where: { userId: id } })).toBe(1)
    await cancel(app, as, upload.id)
    expect(rowId((await requested(app, as, wish)).upload.id)).not.toBe(rowId(upload.id))
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: 10, UPLOADS: 2 })
  })

  test('a large file that is refused leaves no multipart upload behind', async () => {
    const as = 'large@example.com'
    await createPerson(app, as)
    const before = door.requests.length
    expect(await request(app, as, { ...sound, byteSize: 100 * kibibyte * kibibyte })).toMatchObject(fullStorage)
    expect(door.requests.slice(before)).toEqual([
      expect.stringMatching(/^POST .*[?]uploads/),
      expect.stringMatching(/^DELETE .*[?].*uploadId=/),
    ])
  })
})
