import { setTimeout as sleep } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Video } from '../../../generated/prisma/client.ts'
import { ProviderUnavailable } from '../../../platform/errors.ts'
import { JobAborted } from '../../../platform/jobs/job-run.ts'
import { createLog } from '../../../platform/observability/log.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { createUser } from '../../../testing/factories.ts'
import { type FakeRendering, fakeRendering } from '../../../testing/fake-rendering.ts'
import { testRun } from '../../../testing/job-run.ts'
import { subscribe } from '../../../testing/plans.ts'
import { completed, rowId } from '../../../testing/upload-steps.ts'
import { grant } from '../../credits/index.ts'
import { VendorRefused } from '../ports.ts'
import { videos } from '../services.ts'
import { videoFileKey } from '../video-files.ts'
import { cancelVideo } from './cancel-video.ts'
import { claimVideo } from './claim-video.ts'
import { finishAttempt } from './finish-attempt.ts'
import { generateVideo } from './generate-video.ts'
import { renderNext } from './render-next.ts'

const wav = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(60)])
const result = { durationSeconds: 2, hasCaptions: false, byteSize: 12 }

let app: TestApp
let rendering: FakeRendering
let count = 0
beforeAll(async () => {
  rendering = fakeRendering()
  app = await startTestApp({ adapters: rendering.adapters })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  await app.owner.query('TRUNCATE videos CASCADE')
  Object.assign(rendering, fakeRendering(), { adapters: rendering.adapters, rendered: rendering.rendered })
  rendering.rendered.splice(0)
  app.now = new Date()
})

const services = () => app.app.services(videos)

interface Customer {
  readonly id: string
  readonly uploadId: string
}

async function createCustomer(): Promise<Customer> {
  count += 1
  const email = `customer.${count}@example.com`
  const { id } = await createUser(app, email)
  const gift = {
    userId: id,
    amount: 1_000,
    source: 'GIFTS',
    key: `gift:${id}`,
    description: 'Gift',
    now: app.now,
  } as const
  await app.app.db.transaction((tx) => grant(tx, gift))
  await subscribe(app, id, 'pro:annual')
  const audio = { kind: 'AUDIO', filename: 'talk.wav', contentType: 'audio/wav' } as const
  const { upload } = await completed(app, email, wav, audio)
  return { id, uploadId: rowId(upload.id) }
}

function generate({ id, uploadId }: Customer, templateKey = 'waveform'): Promise<Video> {
  return generateVideo(
    services(),
    { id },
    {
      uploadId,
      backgroundUploadId: null,
      templateKey,
      title: 'Talk',
      format: 'SQUARE',
      options: { colours: null, language: null, showsCaptions: true },
      transcript: null,
      idempotencyKey: uuidv7(),
    },
  )
}

const render = () => renderNext(services(), testRun())
const rowOf = ({ id }: Pick<Video, 'id'>) => app.app.db.prisma.video.findUniqueOrThrow({ where: { id } })
const holdOf = async ({ id }: Pick<Video, 'id'>, attempt = 1) =>
  (await app.app.db.prisma.creditHold.findUniqueOrThrow({ where: { reference: `video:${id}:${attempt}` } })).state
const later = (seconds: number) => {
  app.now = new Date(app.now.getTime() + seconds * 1_000)
}

describe('fairness', () => {
  test("one user's twenty videos delay another user's first by the running one at most", async () => {
    const [busy, other] = [await createCustomer(), await createCustomer()]
    const many = []
    for (let index = 0; index < 20; index++) many.push(await generate(busy))
    later(1)
    const first = await generate(other)
    expect((await claimVideo(services()))?.id).toBe(many[0]?.id)
    expect((await claimVideo(services()))?.id).toBe(first.id)
    expect((await claimVideo(services()))?.userId).toBe(busy.id)
  })

  test('no user has more videos rendered than the plan allows, whatever claims them at once', async () => {
    const customers = [await createCustomer(), await createCustomer()]
    for (const customer of customers) for (let index = 0; index < 6; index++) await generate(customer)
    const claimed = await Promise.all(Array.from({ length: 20 }, () => claimVideo(services())))
    const users = claimed.flatMap((video) => video?.userId ?? [])
    expect(customers.map(({ id }) => users.filter((user) => user === id).length)).toEqual([4, 4])
    const ids = claimed.flatMap((video) => video?.id ?? [])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('of twenty users, each has the first video rendered before anyone has a second', async () => {
    const customers: Customer[] = []
    for (let index = 0; index < 20; index++) customers.push(await createCustomer())
    for (const customer of customers) for (let index = 0; index < 2; index++) await generate(customer)
    const users: string[] = []
    for (let index = 0; index < 20; index++) users.push((await claimVideo(services()))?.userId ?? '')
    expect(new Set(users)).toEqual(new Set(customers.map(({ id }) => id)))
  }, 60_000)
})

describe('a vendor that does not respond', () => {
  test('is tried again later, from the step that it was needed for; the fifth failure gives everything back', async () => {
    const video = await generate(await createCustomer(), 'captions')
    rendering.whileTranscribing = async () => {
      throw new ProviderUnavailable('Groq')
    }
    for (let failure = 1; failure <= 4; failure++) {
      await render()
      expect(await rowOf(video)).toMatchObject({ status: 'QUEUED', failures: failure, lease: null })
      expect(await claimVideo(services())).toBeNull()
      expect(await holdOf(video)).toBe('HELD')
      later(3_600)
    }
    await render()
    expect(await rowOf(video)).toMatchObject({
      status: 'FAILED',
      failure: { key: 'vendorUnavailable' },
      reservedBytes: 0n,
    })
    expect(await holdOf(video)).toBe('RELEASED')
    expect(rendering.probed).toHaveLength(1)
  })

  test('is not tried again before the time that it names', async () => {
    const video = await generate(await createCustomer(), 'captions')
    const retryAt = new Date(app.now.getTime() + 3_600_000)
    rendering.whileTranscribing = async () => {
      throw new ProviderUnavailable('Groq', { retryAt })
    }
    await render()
    expect(await rowOf(video)).toMatchObject({ status: 'QUEUED', notBefore: retryAt })
  })
})

test('why a vendor refused a video is logged for the operator, and not shown to the user', async () => {
  const video = await generate(await createCustomer(), 'captions')
  rendering.whileTranscribing = async () => {
    throw new VendorRefused('Groq', 401, 'Groq refused a request: 401, Invalid API Key. Check GROQ_API_KEY.')
  }
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } })
  await renderNext({ ...services(), log }, testRun())
  expect(lines).toEqual([expect.stringContaining('Check GROQ_API_KEY.')])
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    videoId: video.id,
    msg: 'a vendor refused a video',
  })
  expect(await rowOf(video)).toMatchObject({ failure: { key: 'vendorRefused', values: { vendor: 'Groq' } } })
})

describe('a worker that ends', () => {
  test('at shutdown returns the video to the queue, and counts no failure', async () => {
    const video = await generate(await createCustomer())
    const stop = new AbortController()
    rendering.whileRendering = async () => stop.abort(new JobAborted('shutdown'))
    await expect(renderNext(services(), testRun({ signal: stop.signal }))).rejects.toBeInstanceOf(JobAborted)
    expect(await rowOf(video)).toMatchObject({ status: 'QUEUED', failures: 0, interruptions: 0, lease: null })
    rendering.whileRendering = async () => undefined
    await render()
    expect(await rowOf(video)).toMatchObject({ status: 'READY', filesOfAttempt: 1 })
    expect(await holdOf(video)).toBe('CAPTURED')
    expect(rendering.probed).toHaveLength(1)
  })

  test('without a word is replaced after a minute, and its late result is not stored', async () => {
    const video = await generate(await createCustomer())
    const dead = await claimVideo(services())
    if (!dead) throw new Error('Nothing was claimed.')
    expect(await claimVideo(services())).toBeNull()
    later(61)
    await render()
    expect(await rowOf(video)).toMatchObject({ status: 'READY', interruptions: 1 })
    const late = { video: dead, result, now: app.now }
    expect(await app.app.db.transaction((tx) => finishAttempt(tx, services(), late))).toBe(false)
    expect(await holdOf(video)).toBe('CAPTURED')
  })

  test('is replaced without a sweep, also where the queue returns its job before that minute is over', async () => {
    const video = await generate(await createCustomer())
    await app.owner.query('TRUNCATE graphile_worker._private_jobs')
    await claimVideo(services())
    later(40)
    await renderNext(services(), testRun({ attempt: 2 }))
    expect(await rowOf(video)).toMatchObject({ status: 'RENDERING', interruptions: 0 })
    const [job] = await app.app.db.prisma.$queryRaw<{ runAt: Date }[]>`
      SELECT run_at AS "runAt" FROM graphile_worker.jobs WHERE task_identifier = 'videos.render-next'`
    app.now = job?.runAt ?? app.now
    await render()
    expect(await rowOf(video)).toMatchObject({ status: 'READY', interruptions: 1 })
  })

  test('three times fails the video; a late result of the last one is kept, and costs nothing', async () => {
    const video = await generate(await createCustomer())
    let last = await claimVideo(services())
    for (let end = 1; end <= 2; end++) {
      later(61)
      last = await claimVideo(services())
    }
    later(61)
    expect(await claimVideo(services())).toBeNull()
    expect(await rowOf(video)).toMatchObject({ status: 'FAILED', failure: { key: 'interrupted' } })
    expect(await holdOf(video)).toBe('RELEASED')
    if (!last) throw new Error('Nothing was claimed.')
    const late = { video: last, result, now: app.now }
    expect(await app.app.db.transaction((tx) => finishAttempt(tx, services(), late))).toBe(true)
    expect(await rowOf(video)).toMatchObject({ status: 'READY', byteSize: 12n, failure: null })
    expect(await holdOf(video)).toBe('RELEASED')
  })
})

test('files that a killed worker stored before its video failed are deleted, and then there is no late result', async () => {
  const video = await generate(await createCustomer())
  let last = await claimVideo(services())
  for (let end = 1; end <= 2; end++) {
    later(61)
    last = await claimVideo(services())
  }
  const key = videoFileKey({ ...video, attempt: 1 }, 'video')
  const { bucket } = services()
  await bucket.write({ key, contentType: 'video/mp4', contentDisposition: 'attachment', body: Buffer.from('file') })
  later(61)
  expect(await claimVideo(services())).toBeNull()
  await app.runDueJobs()
  expect(await bucket.head(key)).not.toBeNull()
  const removal = { userId: video.userId, videoId: video.id, attempts: [1], pictures: 0 }
  const { rows } = await app.owner.query(
    `SELECT payload, run_at - $2::timestamptz AS after FROM graphile_worker._private_jobs WHERE key = $1`,
    [`videos.remove-files:${video.id}:1:late`, app.now],
  )
  expect(rows).toMatchObject([{ payload: removal, after: { minutes: 15 } }])
  await app.runJob('videos.remove-files', removal)
  expect(await bucket.head(key)).toBeNull()
  if (!last) throw new Error('Nothing was claimed.')
  const late = { video: last, result, now: app.now }
  expect(await app.app.db.transaction((tx) => finishAttempt(tx, services(), late))).toBe(false)
})

test('cancelVideo ends the rendering within a second, on whichever process it runs, and discards its result', async () => {
  const customer = await createCustomer()
  const video = await generate(customer)
  let abortedAfterMs = Number.POSITIVE_INFINITY
  rendering.whileRendering = async (_request, signal) => {
    await cancelVideo(services(), { id: customer.id }, video.id)
    const cancelledAt = performance.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve())
    await Promise.race([promise, sleep(5_000, undefined, { ref: false })])
    abortedAfterMs = performance.now() - cancelledAt
  }
  await render()
  expect(abortedAfterMs).toBeLessThan(1_000)
  expect(await rowOf(video)).toMatchObject({ status: 'CANCELLED', filesOfAttempt: null, reservedBytes: 0n })
  expect(await holdOf(video)).toBe('RELEASED')
})

test('the removal that a replaced worker asks for does not remove the files of the worker that replaced it', async () => {
  const video = await generate(await createCustomer())
  rendering.whileRendering = async () => {
    rendering.whileRendering = async () => undefined
    // The progress is stored with a heartbeat.
    await expect.poll(async () => (await rowOf(video)).progressPercent).toBeGreaterThan(20)
    later(61)
    await render()
  }
  await render()
  expect(await rowOf(video)).toMatchObject({ status: 'READY', interruptions: 1 })
  await app.runDueJobs()
  const key = videoFileKey({ ...(await rowOf(video)), attempt: 1 }, 'video')
  expect(await services().bucket.head(key)).toMatchObject({ byteSize: 4 })
})

test('an unexpected error is tried once more, then fails with everything given back', async () => {
  const video = await generate(await createCustomer())
  rendering.whileRendering = async () => {
    throw new Error('ffmpeg ended with exit code 1')
  }
  await render()
  expect(await rowOf(video)).toMatchObject({ status: 'QUEUED', failures: 1 })
  later(60)
  await render()
  expect(await rowOf(video)).toMatchObject({ status: 'FAILED', failure: { key: 'renderingFailed' } })
  expect(await holdOf(video)).toBe('RELEASED')
})

test('files that no video uses are deleted after 30 days, others are kept', async () => {
  const [unused, used] = [await createCustomer(), await createCustomer()]
  await generate(used)
  const rows = () => app.app.db.prisma.upload.count({ where: { id: { in: [unused.uploadId, used.uploadId] } } })
  later(29 * 86_400)
  await app.runJob('videos.remove-unused-files')
  expect(await rows()).toBe(2)
  later(2 * 86_400)
  await app.runJob('videos.remove-unused-files')
  expect(await app.app.db.prisma.upload.findUnique({ where: { id: unused.uploadId } })).toBeNull()
  expect(await rows()).toBe(1)
})

test('a lost job is added again', async () => {
  const video = await generate(await createCustomer())
  await app.owner.query('TRUNCATE graphile_worker._private_jobs')
  await app.runJob('videos.sweep')
  await app.runDueJobs()
  expect(await rowOf(video)).toMatchObject({ status: 'READY' })
})
