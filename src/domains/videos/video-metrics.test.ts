import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSettings } from '../../config/config.ts'
import { ProviderUnavailable } from '../../platform/errors.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { type FakeRendering, fakeRendering } from '../../testing/fake-rendering.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { completed } from '../../testing/upload-steps.ts'
import { grant } from '../credits/index.ts'
import { claimVideo } from './commands/claim-video.ts'
import { countPictureRequest } from './commands/count-picture-request.ts'
import { videos } from './services.ts'

const wav = Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1'), Buffer.alloc(60)])

let app: TestApp
let rendering: FakeRendering
beforeEach(async () => {
  rendering = fakeRendering()
  app = await startTestApp({ adapters: rendering.adapters })
})
afterEach(() => app[Symbol.asyncDispose]())

async function createCustomer(email: string): Promise<void> {
  const { id: userId } = await createUser(app, email)
  const gift = {
    userId,
    amount: 100,
    source: 'GIFTS',
    key: `gift:${userId}`,
    description: 'Gift',
    now: app.now,
  } as const
  await app.app.db.transaction((tx) => grant(tx, gift))
}

async function generate(email: string, templateKey = 'waveform'): Promise<string> {
  const { upload } = await completed(app, email, wav, {
    kind: 'AUDIO',
    filename: 'talk.wav',
    contentType: 'audio/wav',
  })
  const input = { uploadId: upload.id, templateKey, title: 'Talk', idempotencyKey: randomUUID() }
  const { data } = await app.query(
    email,
    `mutation ($input: GenerateVideoInput!) { generateVideo(input: $input) {
      ... on GenerateVideoPayload { video { id } } ... on Error { message } } }`,
    { input },
  )
  return (data as { generateVideo: { video: { id: string } } }).generateVideo.video.id
}

const later = (seconds: number) => {
  app.now = new Date(app.now.getTime() + seconds * 1_000)
}

const samples = async (beginning: string, { app: of }: TestApp = app) =>
  samplesIn((await of.metrics.expose()).text, beginning)

async function counted(name: string): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await samples(name)).filter(([, count]) => count > 0))
}

/** Read by another process, which has read nothing before. */
async function queue() {
  await using other = await startTestApp({ databaseUrl: app.databaseUrl, adapters: rendering.adapters })
  other.now = app.now
  const unfinished = await samples('videos_unfinished', other)
  return { ...unfinished, oldest: (await samples('video_queue_oldest_seconds', other))[''] }
}

test('attempts are counted by template and outcome, and by the reason of a failure, from 0', async () => {
  expect(await samples('videos_ended_total')).toMatchObject({
    '{template="waveform",outcome="failed"}': 0,
    '{template="captions",outcome="ready"}': 0,
  })
  expect(await samples('videos_failed_total')).toMatchObject({
    '{reason="renderingFailed",cause="service"}': 0,
    '{reason="SILENT",cause="user"}': 0,
  })

  await createCustomer('ada@example.com')
  await generate('ada@example.com')
  await app.runDueJobs()
  await generate('ada@example.com', 'captions')
  rendering.isAudioReadable = false
  await app.runDueJobs()
  const id = await generate('ada@example.com')
  await app.query('ada@example.com', 'mutation ($id: ID!) { cancelVideo(input: { videoId: $id }) { __typename } }', {
    id,
  })

  expect(await counted('videos_ended_total')).toEqual({
    '{template="waveform",outcome="ready"}': 1,
    '{template="captions",outcome="failed"}': 1,
    '{template="waveform",outcome="cancelled"}': 1,
  })
  expect(await counted('videos_failed_total')).toEqual({ '{reason="DAMAGED",cause="user"}': 1 })
  expect(await counted('video_seconds_total')).toEqual({ '{template="waveform"}': 2 })
  expect(await counted('video_cpu_seconds_total')).toEqual({ '{template="waveform"}': 1 })
})

test('the wait is measured once for an attempt, up to hours', async () => {
  await createCustomer('ada@example.com')
  await generate('ada@example.com', 'captions')
  later(700)
  rendering.whileTranscribing = async () => {
    throw new ProviderUnavailable('Groq')
  }
  await app.runDueJobs()
  rendering.whileTranscribing = async () => undefined
  later(3_600)
  await app.runJob('videos.render-next')
  expect(await counted('videos_ended_total')).toEqual({ '{template="captions",outcome="ready"}': 1 })
  expect(await samples('video_queue_wait_seconds_')).toMatchObject({
    count: 1,
    sum: expect.closeTo(700, 0),
    'bucket{le="600"}': 0,
    'bucket{le="1200"}': 1,
  })
})

test('the queue shows what waits for a worker, and not what waits for another video of its user', async () => {
  const none = { '{status="queued"}': 0, '{status="rendering"}': 0, '{status="interrupted"}': 0, oldest: 0 }
  expect(await queue()).toEqual(none)
  for (const email of ['ada@example.com', 'ben@example.com']) await createCustomer(email)
  for (const email of ['ada@example.com', 'ada@example.com', 'ben@example.com']) {
    await generate(email)
    later(10)
  }
  later(700)
  expect(await queue()).toEqual({ ...none, '{status="queued"}': 3, oldest: expect.closeTo(730, 0) })

  const services = app.app.services(videos)
  await claimVideo(services)
  const besideAdas = { ...none, '{status="queued"}': 2, '{status="rendering"}': 1 }
  expect(await queue()).toEqual({ ...besideAdas, oldest: expect.closeTo(710, 0) })
  await claimVideo(services)
  expect(await queue()).toEqual({ ...none, '{status="queued"}': 1, '{status="rendering"}': 2 })

  later(61)
  expect(await queue()).toEqual({
    ...none,
    '{status="queued"}': 1,
    '{status="interrupted"}': 2,
    oldest: expect.closeTo(781, 0),
  })
})

test('a video that waits for its next try does not wait for a worker', async () => {
  await createCustomer('ada@example.com')
  await generate('ada@example.com', 'captions')
  rendering.whileTranscribing = async () => {
    throw new ProviderUnavailable('Groq', { retryAt: new Date(app.now.getTime() + 3_600_000) })
  }
  await app.runDueJobs()
  later(3_000)
  expect(await queue()).toMatchObject({ '{status="queued"}': 1, oldest: 0 })
  later(660)
  expect(await queue()).toMatchObject({ '{status="queued"}': 1, oldest: expect.closeTo(60, 0) })
})

test('the searches of pictures that are left are shown where Pexels has a key', async () => {
  const shown = async (apiKey?: string) => {
    const { pexels, ...others } = readSettings({}).videos
    const config = { videos: { ...others, pexels: { ...pexels, apiKey } } }
    await using other = await startTestApp({ databaseUrl: app.databaseUrl, config })
    other.now = app.now
    return await samples('picture_requests_remaining', other)
  }
  expect(await shown()).toEqual({})
  expect(await shown('key')).toEqual({ '{window="hour"}': 200, '{window="month"}': 20_000 })
  app.now = new Date('2026-11-21T09:20:00Z')
  for (const _request of [1, 2]) await countPictureRequest(app.app.db, { source: 'Pexels', now: app.now })
  expect(await shown('key')).toEqual({ '{window="hour"}': 198, '{window="month"}': 19_998 })
  later(3_600)
  expect(await shown('key')).toEqual({ '{window="hour"}': 200, '{window="month"}': 19_998 })
})
