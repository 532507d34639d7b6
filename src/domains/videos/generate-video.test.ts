import { randomUUID } from 'node:crypto'
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { encodeWav } from '../../testing/audio.ts'
import { createUser } from '../../testing/factories.ts'
import { completed, rowId } from '../../testing/upload-steps.ts'
import { grant, spend } from '../credits/index.ts'

let app: TestApp
let email: string
let userId: string
let count = 0
beforeAll(async () => {
  app = await startTestApp({})
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  email = `user.${count}@example.com`
  userId = (await createUser(app, email)).id
  const gift = {
    userId,
    amount: 100,
    source: 'GIFTS',
    key: `gift:${userId}`,
    description: 'Gift',
    now: app.now,
  } as const
  await app.app.db.transaction((tx) => grant(tx, gift))
})

const speech = encodeWav([{ seconds: 2, isSilent: false }])

const uploadAudio = async (bytes: Uint8Array = speech) =>
  (await completed(app, email, bytes, { kind: 'AUDIO', filename: 'talk.wav', contentType: 'audio/wav' })).upload.id

interface Shown {
  readonly id: string
  readonly status: string
  readonly failure: string | null
}

const fields = `id title status step progressPercent failure creditCost durationSeconds byteSize finishedAt
  poster { url } preview { url } download { url } captions { url }`

async function ask<Result>(source: string, variables: object): Promise<Result> {
  const { data, errors } = await app.query(email, source, variables)
  if (errors) throw new Error(JSON.stringify(errors))
  return data as Result
}

const generate = (input: object) =>
  ask<{ generateVideo: { __typename: string; video?: Shown } }>(
    `mutation ($input: GenerateVideoInput!) { generateVideo(input: $input) { __typename
      ... on GenerateVideoPayload { video { ${fields} } } ... on Error { code message } } }`,
    { input: { title: 'Morning talk', idempotencyKey: randomUUID(), ...input } },
  ).then(({ generateVideo }) => generateVideo)

async function generated(input: object): Promise<string> {
  const { video } = await generate(input)
  if (!video) throw new Error('The video was refused.')
  return video.id
}

const change = (mutation: string, input: object) =>
  ask<Record<string, { __typename: string }>>(
    `mutation ($input: ${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) {
      __typename ... on Error { code } } }`,
    { input },
  ).then((data) => data[mutation])

const videoOf = (id: string) =>
  ask<{ node: Record<string, unknown> }>(`query ($id: ID!) { node(id: $id) { ... on Video { ${fields} } } }`, {
    id,
  }).then(({ node }) => node)

async function state() {
  const { balance } = await app.app.db.prisma.ledgerAccount.findFirstOrThrow({ where: { userId } })
  const counters = await app.app.db.prisma.usageCounter.findMany({ where: { userId } })
  const used = (meter: string) => Number(counters.find((counter) => counter.meter === meter)?.used ?? 0)
  return { balance, videos: used('VIDEOS'), bytes: used('STORAGE_BYTES') }
}

const holds = () =>
  app.app.db.prisma.creditHold.findMany({
    where: { reference: { startsWith: 'video:' }, userId },
    orderBy: { reference: 'asc' },
  })

describe('a video of an audio file', { timeout: 120_000 }, () => {
  test('holds its credits, is rendered, spends them once and can be downloaded', async () => {
    const id = await generated({ uploadId: await uploadAudio() })
    expect(await videoOf(id)).toMatchObject({ status: 'QUEUED', progressPercent: 0, creditCost: 10, download: null })
    const held = await state()
    expect(held).toMatchObject({ balance: 90, videos: 1 })
    expect(held.bytes).toBeGreaterThan(speech.length)

    await app.runDueJobs()
    const video = await videoOf(id)
    expect(video).toMatchObject({ status: 'READY', step: null, progressPercent: 100, failure: null, captions: null })
    expect(await holds()).toMatchObject([{ state: 'CAPTURED', captured: 10 }])
    expect(await state()).toEqual({ balance: 90, videos: 1, bytes: speech.length + Number(video.byteSize) })

    const { url } = video.download as { url: string }
    const response = await fetch(url)
    expect(response.headers.get('content-disposition')).toContain('Morning talk.mp4')
    const bytes = await response.arrayBuffer()
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) })
    expect(Math.abs((await input.computeDuration()) - 2)).toBeLessThan(0.1)
    expect(await (await input.getPrimaryVideoTrack())?.getCodec()).toBe('avc')
    expect(await (await input.getPrimaryAudioTrack())?.getCodec()).toBe('aac')
  })

  test('that is silent fails with a sentence, and gives back what it took', async () => {
    const silence = encodeWav([{ seconds: 2, isSilent: true }])
    const before = await state()
    const id = await generated({ uploadId: await uploadAudio(silence) })
    await app.runDueJobs()
    expect(await videoOf(id)).toMatchObject({
      status: 'FAILED',
      failure: 'The audio file contains only silence. Upload another file and make a new video.',
    })
    expect(await holds()).toMatchObject([{ state: 'RELEASED' }])
    expect(await state()).toEqual({ ...before, bytes: silence.length })
  })
})

describe('generateVideo', () => {
  test('with the same key returns the same video, and holds once', async () => {
    const input = { uploadId: await uploadAudio(), idempotencyKey: 'once' }
    const ids = await Promise.all(Array.from({ length: 5 }, () => generated(input)))
    expect(new Set(ids).size).toBe(1)
    expect(await state()).toMatchObject({ balance: 90, videos: 1 })
    expect(await holds()).toHaveLength(1)
  })

  test.each([
    ['an upload that is no audio', { kind: 'ACTIVITY' }, 'INVALID_INPUT'],
    ['a template that does not exist', { templateKey: 'opera' }, 'INVALID_INPUT'],
    ['a template whose keys are missing', { templateKey: 'captions' }, 'TEMPLATE_UNAVAILABLE'],
    ['too few credits', { balance: 9 }, 'INSUFFICIENT_CREDITS'],
    ['a used quota', { used: 3 }, 'QUOTA_EXCEEDED'],
  ])('refuses %s, and changes nothing', async (_, { kind, balance, used, ...input }: Record<string, unknown>, code) => {
    const uploadId = kind ? (await completed(app, email)).upload.id : await uploadAudio()
    if (balance) {
      const use = { userId, amount: 100 - Number(balance), key: `use:${userId}`, description: 'Used', now: app.now }
      await app.app.db.transaction((tx) => spend(tx, use))
    }
    for (let index = 0; index < Number(used ?? 0); index++) await generated({ uploadId })
    const before = await state()
    expect(await generate({ uploadId, ...input })).toMatchObject({ code })
    expect(await state()).toEqual(before)
  })
})

describe('a video that waits', () => {
  test('is cancelled once, and gives everything back', async () => {
    const uploadId = await uploadAudio()
    const before = await state()
    const videoId = await generated({ uploadId })
    expect(await change('cancelVideo', { videoId })).toMatchObject({ __typename: 'CancelVideoPayload' })
    expect(await change('cancelVideo', { videoId })).toMatchObject({ __typename: 'CancelVideoPayload' })
    expect(await videoOf(videoId)).toMatchObject({ status: 'CANCELLED' })
    expect(await state()).toEqual(before)
    expect(await holds()).toMatchObject([{ state: 'RELEASED' }])
  })

  test('is made again after its cancellation, with a hold of its own', async () => {
    const videoId = await generated({ uploadId: await uploadAudio() })
    await change('cancelVideo', { videoId })
    const again = { videoId, idempotencyKey: 'again' }
    expect(await change('retryVideo', again)).toMatchObject({ __typename: 'RetryVideoPayload' })
    expect(await change('retryVideo', again)).toMatchObject({ __typename: 'RetryVideoPayload' })
    expect(await change('retryVideo', { videoId, idempotencyKey: 'more' })).toMatchObject({ code: 'VIDEO_STATE' })
    const id = rowId(videoId)
    expect(await holds()).toMatchObject([
      { reference: `video:${id}:1`, state: 'RELEASED' },
      { reference: `video:${id}:2`, state: 'HELD' },
    ])
    expect(await state()).toMatchObject({ balance: 90, videos: 1 })
  })

  test('is deleted with its hold released; another user cannot delete it', async () => {
    const uploadId = await uploadAudio()
    const before = await state()
    const videoId = await generated({ uploadId })
    const owner = email
    email = 'stranger@example.com'
    expect(await change('deleteVideo', { videoId })).toMatchObject({ code: 'NOT_FOUND' })
    email = owner
    expect(await change('deleteVideo', { videoId })).toMatchObject({ __typename: 'DeleteVideoPayload' })
    expect(await change('deleteVideo', { videoId })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await state()).toEqual(before)
  })
})
