import { ALL_FORMATS, BufferSource, Input } from 'mediabunny'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { encodeWav } from '../../testing/audio.ts'
import { completed } from '../../testing/upload-steps.ts'
import { createVideoUser, speech, type VideoUser } from '../../testing/video-user.ts'
import { spend } from '../credits/index.ts'

let app: TestApp
let user: VideoUser
let count = 0
beforeAll(async () => {
  app = await startTestApp({})
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  user = await createVideoUser(app, `user.${count}@example.com`)
})

describe('a video of an audio file', { timeout: 120_000 }, () => {
  test('holds its credits, is rendered, spends them once and can be downloaded', async () => {
    const id = await user.generated({ uploadId: await user.upload() })
    expect(await user.read(id)).toMatchObject({ status: 'QUEUED', progressPercent: 0, creditCost: 10, download: null })
    const held = await user.state()
    expect(held).toMatchObject({ balance: 90, videos: 1 })
    expect(held.bytes).toBeGreaterThan(speech.length)

    await app.runDueJobs()
    const video = await user.read(id)
    expect(video).toMatchObject({ status: 'READY', step: null, progressPercent: 100, failure: null, captions: null })
    expect(await user.holds()).toMatchObject([{ state: 'CAPTURED', captured: 10 }])
    expect(await user.state()).toEqual({ balance: 90, videos: 1, bytes: speech.length + Number(video.byteSize) })

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
    const before = await user.state()
    const id = await user.generated({ uploadId: await user.upload(silence) })
    await app.runDueJobs()
    expect(await user.read(id)).toMatchObject({
      status: 'FAILED',
      failure: 'The audio file contains only silence. Upload another file and make a new video.',
    })
    expect(await user.holds()).toMatchObject([{ state: 'RELEASED' }])
    expect(await user.state()).toEqual({ ...before, bytes: silence.length })
  })
})

test('the same key returns the same video, and holds once', async () => {
  const input = { uploadId: await user.upload(), idempotencyKey: 'once' }
  const ids = await Promise.all(Array.from({ length: 5 }, () => user.generated(input)))
  expect(new Set(ids).size).toBe(1)
  expect(await user.state()).toMatchObject({ balance: 90, videos: 1 })
  expect(await user.holds()).toHaveLength(1)
})

test.each([
  ['an upload that is no audio', { kind: 'ACTIVITY' }, 'INVALID_INPUT'],
  ['a template that does not exist', { templateKey: 'opera' }, 'INVALID_INPUT'],
  ['a template whose keys are missing', { templateKey: 'captions' }, 'TEMPLATE_UNAVAILABLE'],
  ['too few credits', { balance: 9 }, 'INSUFFICIENT_CREDITS'],
  ['a used quota', { used: 3 }, 'QUOTA_EXCEEDED'],
])('refuses %s, and changes nothing', async (_, { kind, balance, used, ...input }: Record<string, unknown>, code) => {
  const uploadId = kind ? (await completed(app, user.email)).upload.id : await user.upload()
  if (balance) {
    const use = { userId: user.id, amount: 100 - Number(balance), key: `use:${user.id}`, description: 'Used' }
    await app.app.db.transaction((tx) => spend(tx, { ...use, now: app.now }))
  }
  for (let index = 0; index < Number(used ?? 0); index++) await user.generated({ uploadId })
  const before = await user.state()
  expect(await user.generate({ uploadId, ...input })).toMatchObject({ code })
  expect(await user.state()).toEqual(before)
})
