import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { fakeRendering } from '../../testing/fake-rendering.ts'
import { rowId } from '../../testing/upload-steps.ts'
import { createVideoUser, type VideoUser } from '../../testing/video-user.ts'

let app: TestApp
let user: VideoUser
let count = 0
beforeAll(async () => {
  app = await startTestApp({ adapters: fakeRendering().adapters })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  user = await createVideoUser(app, `user.${count}@example.com`)
})

test('a video that waits is cancelled once, and gives everything back', async () => {
  const uploadId = await user.upload()
  const before = await user.state()
  const videoId = await user.generated({ uploadId })
  expect(await user.change('cancelVideo', { videoId })).toMatchObject({ __typename: 'CancelVideoPayload' })
  expect(await user.change('cancelVideo', { videoId })).toMatchObject({ __typename: 'CancelVideoPayload' })
  expect(await user.read(videoId)).toMatchObject({ status: 'CANCELLED' })
  expect(await user.state()).toEqual(before)
  expect(await user.holds()).toMatchObject([{ state: 'RELEASED' }])
})

test('a cancelled video is made again, with a hold of its own', async () => {
  const videoId = await user.generated({ uploadId: await user.upload() })
  await user.change('cancelVideo', { videoId })
  const again = { videoId, idempotencyKey: 'again' }
  expect(await user.change('retryVideo', again)).toMatchObject({ __typename: 'RetryVideoPayload' })
  expect(await user.change('retryVideo', again)).toMatchObject({ __typename: 'RetryVideoPayload' })
  expect(await user.change('retryVideo', { videoId, idempotencyKey: 'more' })).toMatchObject({ code: 'VIDEO_STATE' })
  const id = rowId(videoId)
  expect(await user.holds()).toMatchObject([
    { reference: `video:${id}:1`, state: 'RELEASED' },
    { reference: `video:${id}:2`, state: 'HELD' },
  ])
  expect(await user.state()).toMatchObject({ balance: 90, videos: 1 })
})

test('a video that waits is deleted with its hold released; another user cannot delete it', async () => {
  const uploadId = await user.upload()
  const before = await user.state()
  const videoId = await user.generated({ uploadId })
  expect(await user.change('deleteVideo', { videoId }, 'stranger@example.com')).toMatchObject({ code: 'NOT_FOUND' })
  expect(await user.change('deleteVideo', { videoId })).toMatchObject({ __typename: 'DeleteVideoPayload' })
  expect(await user.change('deleteVideo', { videoId })).toMatchObject({ code: 'NOT_FOUND' })
  expect(await user.state()).toEqual(before)
})
