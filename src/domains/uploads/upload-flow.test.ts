import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ActivityDocument,
  CompleteUploadDocument,
  RequestUploadDocument,
} from '../../../operations/typed-operations.ts'
import { encodeFit } from '../../dev/seed/recordings.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { send } from '../../testing/send.ts'

const fixtures = new URL('../../../../shared/fixtures/fit/', import.meta.url)

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ worker: true })
})
afterAll(() => app[Symbol.asyncDispose]())

/** Uploads a file as a client does: request, PUT, complete, then wait until the activity is read. */
async function upload(as: string, bytes: Uint8Array, filename: string) {
  const requested = await app.run(as, RequestUploadDocument, {
    input: { kind: 'ACTIVITY', filename, contentType: '', byteSize: bytes.length, idempotencyKey: filename },
  })
  const answer = requested.data.requestUpload
  if (answer?.__typename !== 'RequestUploadPayload' || !answer.request || !answer.activity) {
    throw new Error(JSON.stringify(requested))
  }
  expect((await send(answer.request, bytes)).status).toBe(200)
  const completed = await app.run(as, CompleteUploadDocument, { input: { uploadId: answer.upload.id } })
  expect(completed.data.completeUpload).toMatchObject({
    __typename: 'CompleteUploadPayload',
    upload: { status: 'READY' },
    activity: { id: answer.activity.id },
  })
  const id = answer.activity.id
  return expect
    .poll(async () => (await app.run(as, ActivityDocument, { id })).data.node, { timeout: 10_000 })
    .toMatchObject({ status: expect.stringMatching('READY|FAILED') })
    .then(async () => {
      const { node } = (await app.run(as, ActivityDocument, { id })).data
      if (node?.__typename !== 'Activity') throw new Error('The activity was not found.')
      return node
    })
}

test('an uploaded FIT file becomes an activity with laps, a track and a download', async () => {
  const startedAt = new Date('2026-11-14T06:30:00Z')
  const bytes = encodeFit({ sport: 'RUNNING', startedAt, seconds: 1_800, laps: 2, utcOffsetMinutes: 540 })
  const activity = await upload('alice@example.com', bytes, '아침 러닝 🏃.fit')
  expect(activity).toMatchObject({
    status: 'READY',
    failure: null,
    title: 'Afternoon run',
    sport: 'RUNNING',
    startedAt: '2026-11-14T06:30:00.000Z',
    durationSeconds: 1_800,
    laps: [{ startedAt: '2026-11-14T06:30:00.000Z' }, { startedAt: '2026-11-14T06:45:00.000Z' }],
  })
  expect(activity.track).toHaveLength(500)
  expect(activity.track.at(-1)?.elapsedSeconds).toBe(1_800)

  const download = await fetch(activity.upload?.download?.url ?? '')
  expect(new Uint8Array(await download.arrayBuffer())).toEqual(bytes)
  expect(download.headers.get('content-disposition')).toContain(encodeURIComponent('아침 러닝 🏃.fit'))
})

describe.runIf(existsSync(fixtures))('files recorded by devices', () => {
  const read = (name: string) => new Uint8Array(readFileSync(new URL(name, fixtures)))

  test('a run of a Fenix 2 has laps and a track', async () => {
    const activity = await upload('bob@example.com', read('activity-small-fenix2-run.fit'), 'run.fit')
    expect(activity).toMatchObject({ status: 'READY', sport: 'RUNNING', distanceMeters: 9008.22 })
    expect(activity.laps.length).toBeGreaterThan(0)
    expect(activity.track).toHaveLength(500)
  })

  test('an indoor ride has distance null, not 0', async () => {
    const activity = await upload('bob@example.com', read('sample-activity-indoor-trainer.fit'), 'trainer.fit')
    expect(activity).toMatchObject({ status: 'READY', sport: 'CYCLING', distanceMeters: null })
  })

  test('a damaged file has the status FAILED with a message, and no data', async () => {
    const activity = await upload('bob@example.com', read('activity-filecrc.fit'), 'damaged.fit')
    expect(activity).toMatchObject({ status: 'FAILED', startedAt: null, distanceMeters: null, laps: [], track: [] })
    expect(activity.failure).toMatch(/damaged.*checksum/i)
  })
})
