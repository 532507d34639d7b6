import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ActivityDocument, UpdateActivityDocument } from '../../../../operations/typed-operations.ts'
import { encodeFit } from '../../../dev/seed/recordings.ts'
import { toGlobalId } from '../../../graphql/ids.ts'
import { type AbortReason, JobAborted, type JobRun } from '../../../platform/jobs/job-run.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { testRun } from '../../../testing/job-run.ts'
import { encodeGpx, encodeTcx } from '../../../testing/recordings.ts'
import { completed, jobsOf, keyOf, type Requested, rowId } from '../../../testing/upload-steps.ts'
import type { RecordingReader } from '../ports.ts'

const email = 'alice@example.com'
const job = 'activities.read-file'
const run = {
  sport: 'RUNNING',
  startedAt: new Date('2026-11-14T06:30:00Z'),
  seconds: 600,
  secondsBetweenPoints: 5,
  laps: 2,
} as const

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const idOf = ({ activity }: Requested) => rowId(activity?.id ?? '')

/** An activity whose file is uploaded and waits to be read. */
const uploaded = async (bytes: Uint8Array = encodeFit(run)) => idOf(await completed(app, email, bytes))

/** The row with laps and track. */
const rowOf = (id: string) =>
  app.app.db.prisma.activity.findUniqueOrThrow({ where: { id }, include: { laps: true, track: true } })

describe('the job', () => {
  test('that runs again changes nothing', async () => {
    const activityId = await uploaded()
    await app.runJob(job, { activityId })
    const before = await rowOf(activityId)
    expect(before).toMatchObject({ status: 'READY', distanceMeters: 1_680, laps: [{}, {}] })
    await app.runJob(job, { activityId })
    await app.runJob(job, { activityId })
    expect(await rowOf(activityId)).toEqual(before)
  })

  test('that runs several times at once writes its rows once', async () => {
    const alone = await uploaded()
    await app.runJob(job, { activityId: alone })
    const expected = await rowOf(alone)
    const activityId = await uploaded()
    await Promise.all(Array.from({ length: 4 }, () => app.runJob(job, { activityId })))
    const { id, uploadId, createdAt, orderedAt, laps, track, ...row } = await rowOf(activityId)
    expect(expected).toMatchObject(row)
    expect(laps.map((lap) => ({ ...lap, activityId: alone }))).toEqual(expected.laps)
    expect(track?.data).toEqual(expected.track?.data)
  })

  test('of an unknown activity, or one that is AWAITING_FILE, does nothing', async () => {
    const activityId = '01900000-0000-7000-8000-000000000000'
    await expect(app.runJob(job, { activityId })).resolves.toBeUndefined()
    await expect(app.runJob(job, { activityId: 'x' })).rejects.toThrow()
  })

  test('does not overwrite the sport and the title that the user has set', async () => {
    const activityId = await uploaded()
    const input = { activityId: toGlobalId('Activity', activityId), title: 'Race day', sport: 'HIKING' } as const
    await app.run(email, UpdateActivityDocument, { input })
    await app.runJob(job, { activityId })
    expect(await rowOf(activityId)).toMatchObject({
      status: 'READY',
      title: 'Race day',
      sport: 'HIKING',
      distanceMeters: 1_680,
    })
  })

  test('does not overwrite what the user sets while the job writes', async () => {
    for (let round = 0; round < 10; round += 1) {
      const activityId = await uploaded()
      const input = { activityId: toGlobalId('Activity', activityId), title: 'Race day', sport: 'HIKING' } as const
      await Promise.all([app.runJob(job, { activityId }), app.run(email, UpdateActivityDocument, { input })])
      expect(await rowOf(activityId)).toMatchObject({
        status: 'READY',
        title: 'Race day',
        sport: 'HIKING',
        revision: 3,
      })
    }
  })
})

describe('a file that cannot be read', () => {
  test('because it is missing sets the activity to FAILED, with a message that tells the user what to do', async () => {
    const upload = await completed(app, email, encodeFit(run))
    await app.app.adapters.bucket.delete(await keyOf(app, upload.upload.id))
    await app.runJob(job, { activityId: idOf(upload) })
    expect(await rowOf(idOf(upload))).toMatchObject({
      status: 'FAILED',
      failure: 'The file no longer exists. Upload it again.',
      laps: [],
      track: null,
    })
  })

  test('because it is damaged writes no part of it', async () => {
    const whole = encodeFit(run)
    const damaged = whole.with(whole.length >> 1, (whole[whole.length >> 1] ?? 0) ^ 0xff)
    for (const bytes of [damaged, whole.slice(0, -200)]) {
      const activityId = await uploaded(new Uint8Array(bytes))
      await app.runJob(job, { activityId })
      expect(await rowOf(activityId)).toMatchObject({
        status: 'FAILED',
        failure: expect.stringMatching(/^[A-Z].+\.$/),
        sport: null,
        startedAt: null,
        distanceMeters: null,
        laps: [],
        track: null,
      })
    }
  })

  test('for a transient reason leaves the activity PROCESSING and is retried, until the last attempt', async () => {
    const activityId = await uploaded()
    const bucket = { ...app.app.config.bucket, endpoint: 'http://127.0.0.1:1' }
    await using broken = await startTestApp({ databaseUrl: app.databaseUrl, config: { bucket } })
    const handler = broken.app.jobs().find(({ name }) => name === job)

    await expect(handler?.run({ activityId }, testRun())).rejects.toThrow()
    expect(await rowOf(activityId)).toMatchObject({ status: 'PROCESSING', failure: null })
    await expect(handler?.run({ activityId }, testRun({ isLastAttempt: true }))).rejects.toThrow()
    expect(await rowOf(activityId)).toMatchObject({
      status: 'FAILED',
      failure: 'The file could not be read. Upload it again, or export it again from your device or app.',
    })
    await app.runJob(job, { activityId })
    expect(await rowOf(activityId)).toMatchObject({ status: 'FAILED' })
  })
})

describe('a file whose reading ends without a result', () => {
  const endsItsReader =
    'This file cannot be read: reading it was ended twice before it had a result. Export it again from your device or app and upload it again.'

  test('is read a second time, and then the activity is FAILED', async () => {
    let readings = 0
    const recordingReader: RecordingReader = {
      read: async () => {
        readings += 1
        throw new Error('The child process was killed.')
      },
    }
    await using other = await startTestApp({
      databaseUrl: app.databaseUrl,
      adapters: { recordingReader },
      worker: true,
    })
    const activityId = await uploaded()
    await expect
      .poll(() => rowOf(activityId), { timeout: 20_000 })
      .toMatchObject({ status: 'FAILED', failure: endsItsReader, laps: [], track: null })
    expect(readings).toBe(2)
    expect(await jobsOf(other, toGlobalId('Activity', activityId))).toEqual([])
  })

  test('with its worker counts, and so does not one that ended in order', async () => {
    const activityId = await uploaded()
    const handler = app.app.jobs().find(({ name }) => name === job)
    const runAfter = (...steps: string[]) => testRun({ attempt: 3, isFinished: (step) => steps.includes(step) })
    const begun = ['reading 1 begins', 'reading 2 begins']
    await handler?.run({ activityId }, runAfter(...begun))
    expect(await rowOf(activityId)).toMatchObject({ status: 'FAILED', failure: endsItsReader })

    const other = await uploaded()
    await handler?.run({ activityId: other }, runAfter(...begun, 'reading 2 ends'))
    expect(await rowOf(other)).toMatchObject({ status: 'READY' })
  })
})

describe('the signal of the job', () => {
  const aborted = (reason: AbortReason, changes: Partial<JobRun> = {}) => {
    const abort = new AbortController()
    abort.abort(new JobAborted(reason))
    return testRun({ signal: abort.signal, ...changes })
  }
  const handler = () => app.app.jobs().find(({ name }) => name === job)

  test('ends it without an outcome', async () => {
    const activityId = await uploaded()
    await expect(handler()?.run({ activityId }, aborted('shutdown'))).rejects.toThrow('The worker is stopping.')
    expect(await rowOf(activityId)).toMatchObject({ status: 'PROCESSING', failure: null })
  })

  test('sets the activity to FAILED where the job is not tried again', async () => {
    const activityId = await uploaded()
    const run = handler()?.run({ activityId }, aborted('cancelled', { isLastAttempt: true }))
    await expect(run).rejects.toThrow('An operator cancelled the job.')
    expect(await rowOf(activityId)).toMatchObject({ status: 'FAILED' })
  })
})

describe('the formats', () => {
  test.each([
    ['FIT', encodeFit(run), 'application/vnd.ant.fit', ['2026-11-14T06:30:00.000Z', '2026-11-14T06:35:00.000Z']],
    ['GPX', encodeGpx({ ...run, laps: 1 }), 'application/gpx+xml', []],
    ['TCX', encodeTcx(run), 'application/vnd.garmin.tcx+xml', ['2026-11-14T06:30:00.000Z', '2026-11-14T06:35:00.000Z']],
  ])(
    '%s becomes an activity with its track, and with laps if the format has them',
    async (format, bytes, contentType, laps) => {
      const { activity } = await completed(app, email, bytes, { filename: `run.${format.toLowerCase()}`, contentType })
      const id = activity?.id ?? ''
      await app.runDueJobs()
      const { node } = (await app.run(email, ActivityDocument, { id, maxPoints: 5_000 })).data
      if (node?.__typename !== 'Activity') throw new Error('There is no activity.')
      expect(node).toMatchObject({
        status: 'READY',
        failure: null,
        title: 'Morning run',
        sport: 'RUNNING',
        startedAt: '2026-11-14T06:30:00.000Z',
        durationSeconds: 600,
        laps: laps.map((startedAt) => ({ startedAt })),
        upload: { filename: `run.${format.toLowerCase()}`, byteSize: bytes.length },
      })
      expect(node.distanceMeters).toBeGreaterThan(1_670)
      expect(node.distanceMeters).toBeLessThan(1_690)
      expect(node.track).toHaveLength(121)
      expect(node.track[0]).toMatchObject({
        elapsedSeconds: 0,
        latitude: 52.5145,
        altitudeMeters: 50,
        heartRateBpm: 110,
      })
      expect(node.track.at(-1)).toMatchObject({ elapsedSeconds: 600 })
    },
  )

  test('an indoor ride has no distance, not 0', async () => {
    const activityId = await uploaded(encodeFit({ ...run, sport: 'CYCLING', indoor: true }))
    await app.runJob(job, { activityId })
    expect(await rowOf(activityId)).toMatchObject({ status: 'READY', sport: 'CYCLING', distanceMeters: null })
  })
})

describe('the track', () => {
  const ask = async (maxPoints: number) => {
    const { activity } = await completed(app, email, encodeFit(run))
    await app.runDueJobs()
    return app.run(email, ActivityDocument, { id: activity?.id ?? '', maxPoints })
  }

  test.each([1, 2, 7, 121, 5_000])('is reduced to at most %d points', async (maxPoints) => {
    const { node } = (await ask(maxPoints)).data
    expect(node).toHaveProperty('track.length', Math.min(maxPoints, 121))
    expect(node).toHaveProperty('track.0.elapsedSeconds', 0)
  })

  test.each([0, -1, 5_001, 2 ** 31 - 1])('with maxPoints %d is rejected', async (maxPoints) => {
    const { data, errors } = await ask(maxPoints)
    expect(data).toEqual({ node: null })
    expect(errors).toMatchObject([{ path: ['node', 'track'], extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
