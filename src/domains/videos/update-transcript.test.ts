import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type FakeRendering, fakeRendering } from '../../testing/fake-rendering.ts'
import { rowId } from '../../testing/upload-steps.ts'
import { createVideoUser, type VideoUser } from '../../testing/video-user.ts'
import { videos } from './services.ts'
import { pictureKey } from './video-files.ts'

let app: TestApp
let rendering: FakeRendering
let user: VideoUser
let uploadId: string
let count = 0
beforeAll(async () => {
  rendering = fakeRendering()
  app = await startTestApp({ adapters: { ...rendering.adapters, transcriber: null } })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  user = await createVideoUser(app, `user.${count}@example.com`)
  uploadId = await user.upload()
  for (const calls of [rendering.rendered, rendering.probed, rendering.planned, rendering.searched]) calls.length = 0
})

const vtt = (...cues: [from: string, to: string, text: string][]) =>
  ['WEBVTT', ...cues.map(([from, to, text]) => `00:00:0${from} --> 00:00:0${to}\n${text}`)].join('\n\n')
const hello = vtt(['0.000', '1.000', 'Hello world'], ['1.000', '1.800', 'Good night'])

const captionsOf = async (videoId: string) => {
  const { captions } = await user.read(videoId)
  return captions ? (await fetch((captions as { url: string }).url)).text() : null
}

async function makeAgain(videoId: string, key: string) {
  expect(await user.change('retryVideo', { videoId, idempotencyKey: key })).toMatchObject({ video: { id: videoId } })
  await app.runDueJobs()
}

describe('the transcript of a request', () => {
  test('in WebVTT replaces transcription: the template is available without its key', async () => {
    expect(await user.generate({ uploadId, templateKey: 'captions' })).toMatchObject({ code: 'TEMPLATE_UNAVAILABLE' })
    const id = await user.generated({ uploadId, templateKey: 'captions', options: { transcript: { webVtt: hello } } })
    await app.runDueJobs()
    const segments = [
      { startSeconds: 0, endSeconds: 1, text: 'Hello world' },
      { startSeconds: 1, endSeconds: 1.8, text: 'Good night' },
    ]
    expect(await user.read(id)).toMatchObject({ status: 'READY', transcript: segments })
    expect(rendering.rendered).toMatchObject([{ transcript: { segments } }])
    expect(await captionsOf(id)).toContain('00:00:01.000 --> 00:00:01.800\nGood night')
  })

  test('as text is spread over the speech once the audio was read', async () => {
    const text = '안녕하세요\n좋은 아침입니다'
    const id = await user.generated({ uploadId, templateKey: 'captions', options: { transcript: { text } } })
    expect(await user.read(id)).toMatchObject({ status: 'QUEUED', transcript: null })
    await app.runDueJobs()
    const { transcript } = await user.read(id)
    expect(transcript).toMatchObject([
      { startSeconds: 0, text: '안녕하세요' },
      { endSeconds: 2, text: '좋은 아침입니다' },
    ])
    expect(await captionsOf(id)).toContain('좋은 아침입니다')
  })

  test('gives a template that shows none a file of captions', async () => {
    const id = await user.generated({ uploadId, options: { transcript: { text: 'Hello' } } })
    await app.runDueJobs()
    expect(await captionsOf(id)).toContain('Hello')
  })

  test('ends with the audio; one that starts after it fails the video, and the next attempt can have another one', async () => {
    const late = vtt(['1.500', '9.000', 'To the end'], ['3.000', '4.000', 'Too late'])
    const cut = await user.generated({ uploadId, options: { transcript: { webVtt: late } } })
    const webVtt = vtt(['5.000', '6.000', 'Too late'])
    const failed = await user.generated({ uploadId, options: { transcript: { webVtt } } })
    await app.runDueJobs()
    expect(await user.read(cut)).toMatchObject({ transcript: [{ startSeconds: 1.5, endSeconds: 2 }] })
    expect(await user.read(failed)).toMatchObject({
      status: 'FAILED',
      failure: expect.stringContaining('All captions of your transcript start after the audio has ended.'),
    })
    expect(await user.state()).toMatchObject({ balance: 90, videos: 1 })
    expect(await user.change('updateTranscript', { videoId: failed, transcript: { webVtt } })).toMatchObject({
      issues: [
        {
          path: ['input', 'transcript', 'webVtt'],
          message: 'All captions start after the audio has ended. It is 2 seconds long.',
        },
      ],
    })
    await user.change('updateTranscript', { videoId: failed, transcript: { webVtt: hello } })
    await makeAgain(failed, 'again')
    expect(await user.read(failed)).toMatchObject({ status: 'READY', failure: null })
  })

  test.each([
    [{ webVtt: 'Hello' }, ['webVtt'], 'Line 1: this is not a WebVTT file. The first line must be `WEBVTT`.'],
    [{ text: ' \n ' }, ['text'], 'The transcript has no text.'],
    [{ text: 'a'.repeat(50_001) }, ['text'], 'The text is too long. The maximum is 50,000 characters.'],
  ])('%j is refused with the other problems', async (transcript, path, message) => {
    const result = await user.generate({ uploadId, title: '', options: { transcript } })
    expect(result).toMatchObject({ code: 'INVALID_INPUT' })
    expect(result.issues).toContainEqual({ path: ['input', 'options', 'transcript', ...path], message })
    expect(result.issues).toHaveLength(2)
  })

  test('must be one of both', async () => {
    const input = {
      uploadId,
      title: 'Talk',
      idempotencyKey: 'key',
      options: { transcript: { text: 'a', webVtt: hello } },
    }
    const { errors } = await app.query(
      user.email,
      'mutation ($input: GenerateVideoInput!) { generateVideo(input: $input) { __typename } }',
      { input },
    )
    expect(errors?.[0]?.message).toContain('Within OneOf Input Object type "VideoTranscriptInput", exactly one field')
  })
})

describe('updateTranscript', () => {
  const slideshow = () =>
    user.generated({ uploadId, templateKey: 'slideshow', options: { transcript: { webVtt: hello } } })

  test('with the same times keeps the pictures: the next attempt only renders', async () => {
    const videoId = await slideshow()
    await app.runDueJobs()
    const { attributions } = await user.read(videoId)
    expect(rendering).toMatchObject({ planned: ['Morning talk'], searched: ['hello world', 'good night'] })
    const webVtt = hello.replace('Good night', 'Goodnight')
    expect(await user.change('updateTranscript', { videoId, transcript: { webVtt } })).toMatchObject({
      video: { status: 'READY', transcript: [{ text: 'Hello world' }, { text: 'Goodnight' }], attributions },
    })
    expect(await captionsOf(videoId)).toContain('Good night')
    await makeAgain(videoId, 'again')
    expect(await captionsOf(videoId)).toContain('Goodnight')
    expect(rendering.probed).toHaveLength(1)
    expect(rendering).toMatchObject({ planned: ['Morning talk'], searched: ['hello world', 'good night'] })
    expect(rendering.rendered).toHaveLength(2)
    expect(rendering.rendered[1]?.scenes).toMatchObject([{ startSeconds: 0 }, { startSeconds: 1 }])
    expect(await user.holds()).toMatchObject([{ state: 'CAPTURED' }, { state: 'CAPTURED' }])
  })

  test('with other times plans the pictures again; all pictures are removed with the video', async () => {
    const videoId = await slideshow()
    await app.runDueJobs()
    await user.change('updateTranscript', { videoId, transcript: { text: 'Something else' } })
    expect(await user.read(videoId)).toMatchObject({ attributions: [], transcript: [{ text: 'Something else' }] })
    await makeAgain(videoId, 'again')
    expect(rendering.planned).toHaveLength(2)
    // The answers to the searches of the first plan are cached.
    expect(rendering.searched).toEqual(['something else'])

    const { bucket } = app.app.services(videos)
    const keys = [0, 1].map((scene) => pictureKey({ userId: user.id, id: rowId(videoId) }, scene))
    expect(await Promise.all(keys.map((key) => bucket.head(key)))).not.toContain(null)
    await user.change('deleteVideo', { videoId })
    await app.runDueJobs()
    expect(await Promise.all(keys.map((key) => bucket.head(key)))).toEqual([null, null])
  })

  test('is refused while the video is made, and for the video of another user', async () => {
    const videoId = await slideshow()
    const update = { videoId, transcript: { text: 'Hello' } }
    expect(await user.change('updateTranscript', update)).toMatchObject({ code: 'VIDEO_STATE' })
    await app.runDueJobs()
    const { email } = await createVideoUser(app, `other.${count}@example.com`)
    expect(await user.change('updateTranscript', update, email)).toMatchObject({ code: 'NOT_FOUND' })
  })
})
