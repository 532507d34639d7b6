import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { type BucketProxy, startBucketProxy } from '../../../testing/bucket-proxy.ts'
import { createUser } from '../../../testing/factories.ts'
import { plansWith, subscribe } from '../../../testing/plans.ts'
import { cancel, request, requested, rowId } from '../../../testing/upload-steps.ts'

const kibibyte = 1024
const byteLimit = 100 * kibibyte
const uploadLimit = 12
const sound = { kind: 'AUDIO', contentType: 'audio/mpeg' } as const

let bucketProxy: BucketProxy
let app: TestApp
beforeAll(async () => {
  bucketProxy = await startBucketProxy()
  const plans = plansWith('FREE', [
    { meter: 'STORAGE_BYTES', period: 'TOTAL', limit: byteLimit },
    { meter: 'UPLOADS', period: 'WEEK', limit: uploadLimit },
  ])
  app = await startTestApp({ plans, config: { poolSize: 20, bucket: bucketProxy.bucket } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await bucketProxy[Symbol.asyncDispose]()
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

/** Repeats the request with the same key while the pool is exhausted, which happens on a slow machine. */
async function requestUntilAnswered(as: string, byteSize: number) {
  const input = { ...sound, byteSize, idempotencyKey: randomUUID() }
  for (;;) {
    const answer = await request(app, as, input).catch((error: Error) => error)
    if (!(answer instanceof Error)) return answer
    if (!/INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/.test(answer.message)) throw answer
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

describe('the STORAGE_BYTES of a plan', () => {
  test('are not exceeded by 100 concurrent requests, and are used up to the last file that fits', async () => {
    const as = 'race@example.com'
    const { id } = await createUser(app, as)
    // 70 of the 100 KiB are used. Seven files of 4 KiB fit into the rest; 2 KiB are left.
    await requested(app, as, { byteSize: 70 * kibibyte })
    const answers = await Promise.all(Array.from({ length: 100 }, () => requestUntilAnswered(as, 4 * kibibyte)))
    const refused = answers.filter((answer) => answer.__typename !== 'RequestUploadPayload')
    expect(answers.length - refused.length).toBe(7)
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ ...fullStorage, used: 98 * kibibyte })))
    expect(await storedBy(id)).toEqual({ bytes: 98 * kibibyte, files: 8 })
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: 98 * kibibyte, UPLOADS: 8 })
    // The limit is exact to the byte.
    await requested(app, as, { byteSize: 2 * kibibyte })
    expect(await request(app, as, { byteSize: 1 })).toMatchObject({ ...fullStorage, used: byteLimit })
  })

  test('are available again after an upload is cancelled', async () => {
    const as = 'canceller@example.com'
    await createUser(app, as)
    const { upload } = await requested(app, as, { byteSize: byteLimit })
    expect(await request(app, as, { byteSize: 1 })).toMatchObject(fullStorage)
    await cancel(app, as, upload.id)
    await cancel(app, as, upload.id)
    await requested(app, as, { byteSize: byteLimit })
    expect(await request(app, as, { byteSize: 1 })).toMatchObject({ ...fullStorage, used: byteLimit })
  })

  test('of a larger plan stay used when it ends, and new uploads are refused until they fit', async () => {
    const as = 'downgrade@example.com'
    const { id } = await createUser(app, as)
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

describe('the UPLOADS of a plan', () => {
  test('stay used after an upload is cancelled, and the error has the reset time', async () => {
    const as = 'often@example.com'
    await createUser(app, as)
    for (let n = 0; n < uploadLimit; n += 1)
      await cancel(app, as, (await requested(app, as, { byteSize: 1 })).upload.id)
    const refused = await request(app, as, { byteSize: 1 })
    expect(refused).toMatchObject({ meter: 'UPLOADS', period: 'WEEK', limit: uploadLimit, used: uploadLimit })
    const resetAt = new Date((refused as { resetAt: string }).resetAt)
    expect(resetAt.getUTCDay()).toBe(1)
    expect(resetAt.getTime() - app.now.getTime()).toBeLessThanOrEqual(7 * 24 * 3_600_000)
  })
})

describe('a repeated request with the same key', () => {
  test('is counted once, also 20 times concurrently, and succeeds when the quota is used up', async () => {
    const as = 'again@example.com'
    const { id } = await createUser(app, as)
    const input = { byteSize: byteLimit, idempotencyKey: randomUUID() }
    const answers = await Promise.all(Array.from({ length: 20 }, () => requested(app, as, input)))
    expect(new Set(answers.map(({ upload }) => upload.id)).size).toBe(1)
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: byteLimit, UPLOADS: 1 })
    await requested(app, as, input)
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: byteLimit, UPLOADS: 1 })
  })

  test('after QuotaExceededError is a new request, and the refused one created nothing', async () => {
    const as = 'refused@example.com'
    const { id } = await createUser(app, as)
    const { upload } = await requested(app, as, { byteSize: byteLimit })
    const input = { byteSize: 10, idempotencyKey: randomUUID() }
    expect(await request(app, as, input)).toMatchObject(fullStorage)
    expect(await app.app.db.prisma.activity.count({ where: { userId: id } })).toBe(1)
    await cancel(app, as, upload.id)
    expect(rowId((await requested(app, as, input)).upload.id)).not.toBe(rowId(upload.id))
    expect(await usedBy(id)).toEqual({ STORAGE_BYTES: 10, UPLOADS: 2 })
  })

  test('of a large file above the quota leaves no multipart upload', async () => {
    const as = 'large@example.com'
    await createUser(app, as)
    const before = bucketProxy.requests.length
    expect(await request(app, as, { ...sound, byteSize: 100 * kibibyte * kibibyte })).toMatchObject(fullStorage)
    expect(bucketProxy.requests.slice(before)).toEqual([
      expect.stringMatching(/^POST .*[?]uploads/),
      expect.stringMatching(/^DELETE .*[?].*uploadId=/),
    ])
  })
})
