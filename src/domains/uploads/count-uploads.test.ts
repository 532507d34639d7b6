import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { plansWith } from '../../testing/plans.ts'
import { cancel, complete, request, requested, sent, smallFit, uploadInput } from '../../testing/upload-steps.ts'

const ann = 'ann@example.com'
const day = 24 * 3_600_000

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ plans: plansWith('FREE', [{ meter: 'UPLOADS', period: 'WEEK', limit: 6 }]) })
})
afterAll(() => app[Symbol.asyncDispose]())

async function counted(): Promise<Record<string, number>> {
  const { text } = await app.app.metrics.expose()
  const samples = samplesIn(text, 'uploads_total')
  return Object.fromEntries(Object.entries(samples).map(([labels, count]) => [labels.split('"')[1], count]))
}

test('uploads_total counts each upload once by outcome, with repeated and concurrent requests', async () => {
  expect(await counted()).toEqual({ requested: 0, ready: 0, rejected: 0, cancelled: 0, expired: 0 })

  const again = uploadInput()
  for (const _time of [1, 2]) await requested(app, ann, again)
  const parts = { kind: 'AUDIO', filename: 'talk.mp3', contentType: 'audio/mpeg', byteSize: 65 * 2 ** 20 } as const
  const large = uploadInput(parts)
  for (const _time of [1, 2]) await requested(app, ann, large)
  expect(await counted()).toMatchObject({ requested: 2 })

  const { upload: whole } = await sent(app, ann)
  await Promise.all(Array.from({ length: 5 }, () => complete(app, ann, whole.id)))
  expect(await counted()).toMatchObject({ requested: 3, ready: 1, rejected: 0 })

  const { upload: odd } = await sent(app, ann, Buffer.alloc(smallFit.length))
  await Promise.all(Array.from({ length: 5 }, () => complete(app, ann, odd.id)))
  expect(await counted()).toMatchObject({ requested: 4, ready: 1, rejected: 1 })

  const { upload: unwanted } = await requested(app, ann)
  await Promise.all(Array.from({ length: 5 }, () => cancel(app, ann, unwanted.id)))
  expect(await counted()).toMatchObject({ requested: 5, cancelled: 1, expired: 0 })

  await requested(app, ann)
  expect((await request(app, ann)).__typename).toBe('QuotaExceededError')
  app.now = new Date(app.now.getTime() + day)
  for (const _time of [1, 2]) await app.runJob('uploads.sweep')
  // The first two and the last one.
  expect(await counted()).toEqual({ requested: 6, ready: 1, rejected: 1, cancelled: 1, expired: 3 })
})
