import { chmod, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { v7 as uuidv7 } from 'uuid'
import { expect, inject, onTestFinished, test } from 'vitest'
import { GenerateVideoDocument } from '../../../operations/typed-operations.ts'
import { grant } from '../../domains/credits/index.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { encodeWav, testFfmpeg } from '../../testing/audio.ts'
import { type BucketProxy, startBucketProxy } from '../../testing/bucket-proxy.ts'
import { createUser } from '../../testing/factories.ts'
import { startGoogle } from '../../testing/google.ts'
import { groqSegment, groqTranscript, startGroq } from '../../testing/groq.ts'
import { listBucket } from '../../testing/list-bucket.ts'
import { startPexels } from '../../testing/pexels.ts'
import { ownerUrlOf } from '../../testing/postgres.ts'
import { type Program, startProgram } from '../../testing/process.ts'
import { production } from '../../testing/production.ts'
import { silenceWorkers } from '../../testing/silence-workers.ts'
import { completed, rowId } from '../../testing/upload-steps.ts'

const heartbeat = { beatMs: 500, deadAfterMs: 60_000 }
const speech = encodeWav([{ seconds: 1, isSilent: false }])
const transcript = groqTranscript({
  duration: 1,
  text: ' Good morning.',
  segments: [groqSegment({ id: 0, start: 0.1, end: 0.9, text: ' Good morning.' })],
  words: [{ word: 'Good', start: 0.1, end: 0.4 }],
})
const workFolder = join('/var/tmp', `pacer-videos-${userInfo().uid}`)

interface Started {
  readonly title: string
  readonly userId: string
  readonly id: string
}

/** An app that takes requests, and fake vendors, whose workers are processes of their own. */
async function openDeployment() {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  const bucket = stack.use(await startBucketProxy())
  const groq = stack.use(await startGroq())
  groq.transcript = transcript
  const google = stack.use(await startGoogle())
  const pexels = stack.use(await startPexels())
  const ffmpeg = await wrapFfmpeg(stack)
  const videos = { groq: groq.config, google: google.config, pexels: pexels.config, ffmpegPath: ffmpeg.path }
  const app = stack.use(await startTestApp({ config: { videos: { ...videos, searchPath: '' } } }))
  const database = { url: app.databaseUrl, ownerUrl: app.databaseUrl }
  const { env } = await production({ dataDir: inject('dataDir'), bucket: bucket.bucket }, database)
  const vendors = {
    GROQ_API_KEY: groq.config.apiKey,
    GROQ_API_URL: groq.config.apiUrl,
    GOOGLE_API_KEY: google.config.apiKey,
    GOOGLE_API_URL: google.config.apiUrl,
    PEXELS_API_KEY: pexels.config.apiKey,
    PEXELS_API_URL: pexels.config.apiUrl,
    FFMPEG_PATH: ffmpeg.path,
  }
  return {
    app,
    bucket,
    groq,
    google,
    pexels,
    ffmpeg,
    async startWorker(videosAtOnce: number): Promise<Program> {
      const workerEnv = { ...env, ...vendors, JOB_CONCURRENCY_RENDER: String(videosAtOnce) }
      const options = JSON.stringify({ env: workerEnv, heartbeat })
      const worker = stack.use(startProgram(['src/testing/worker-process.ts', options], {}))
      await worker.waitForOutput(/"working"/)
      return worker
    },
    /** Holds a row lock until the returned function is called. */
    async lock(sql: string, id: string): Promise<() => Promise<void>> {
      const client = new Client({ connectionString: ownerUrlOf(app.databaseUrl) })
      await client.connect()
      stack.defer(() => client.end())
      await client.query('BEGIN')
      await client.query(sql, [id])
      return async () => void (await client.query('ROLLBACK'))
    },
  }
}

/** An ffmpeg that logs its arguments, and that makes no progress in rendering while the file `hold` exists. */
async function wrapFfmpeg(stack: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), 'pacer-killed-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const [path, log, hold] = [join(folder, 'ffmpeg'), join(folder, 'log'), join(folder, 'hold')]
  const program = await testFfmpeg()
  const script = `#!/bin/sh
echo "$*" >> ${log}
case "$*" in *libx264*)
  [ -e ${hold} ] && exec ${program} -v quiet -nostdin -re -f lavfi -i anullsrc -f null - ;;
esac
exec ${program} "$@"
`
  await writeFile(path, script)
  await chmod(path, 0o700)
  return {
    path,
    hold: () => writeFile(hold, ''),
    release: () => rm(hold),
    async count(word: string): Promise<number> {
      return (await readFile(log, 'utf8')).split('\n').filter((line) => line.includes(word)).length
    },
  }
}

/** Starts a video of a new user. The plan allows one at a time. */
async function generate(app: TestApp, title: string, templateKey = 'slideshow'): Promise<Started> {
  const email = `${title.toLowerCase()}@example.com`
  const { id: userId } = await createUser(app, email)
  const gift = { userId, amount: 100, source: 'GIFTS', key: 'gift', description: 'Gift', now: app.now } as const
  await app.app.db.transaction((tx) => grant(tx, gift))
  const audio = { kind: 'AUDIO', filename: 'talk.wav', contentType: 'audio/wav' } as const
  const { upload } = await completed(app, email, speech, audio)
  const options = { format: 'SQUARE' } as const
  const input = { uploadId: upload.id, templateKey, title, options, idempotencyKey: uuidv7() }
  const { generateVideo } = (await app.run(email, GenerateVideoDocument, { input })).data
  if (generateVideo?.__typename !== 'GenerateVideoPayload') throw new Error(JSON.stringify(generateVideo))
  return { title, userId, id: rowId(generateVideo.video.id) }
}

/** Makes requests to the bucket that contain this text wait, until the returned function is called. */
function holdRequests(bucket: BucketProxy, text: string): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  const others = bucket.onRequest
  bucket.onRequest = async (line) => {
    await (line.includes(text) ? promise : others?.(line))
  }
  return resolve
}

/** The work folders of a worker in which child processes run. */
async function foldersInUse({ pid: worker }: Program): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return folders.filter((folder) => folder.startsWith(join(workFolder, `${worker}-`)))
}

/** Everything that the attempt took and gave back. */
async function ledgerOf(app: TestApp, { userId, id }: Started) {
  const { prisma } = app.app.db
  const transactions = await prisma.creditTransaction.findMany({ where: { userId }, orderBy: { sequence: 'asc' } })
  const { balance } = await prisma.ledgerAccount.findFirstOrThrow({ where: { userId, kind: 'WALLET' } })
  const counters = await prisma.usageCounter.findMany({ where: { userId } })
  const used = (meter: string) => Number(counters.find((counter) => counter.meter === meter)?.used ?? 0)
  const { status, interruptions, creditCost, reservedBytes, byteSize } = await prisma.video.findUniqueOrThrow({
    where: { id },
  })
  const holds = await prisma.creditHold.findMany({ where: { userId } })
  const stored = await listBucket(inject('bucket'), `videos/${userId}/${id}/1/`)
  return {
    status,
    interruptions,
    creditCost,
    reservedBytes: Number(reservedBytes),
    byteSize: byteSize === null ? null : Number(byteSize),
    transactions: transactions.map(({ kind }) => kind),
    holds: holds.map(({ state }) => state),
    balance: Number(balance),
    sum: transactions.reduce((sum, { amount }) => sum + amount, 0),
    videos: used('VIDEOS'),
    storage: used('STORAGE_BYTES'),
    stored: [...stored.values()].reduce((sum, size) => sum + size, 0),
  }
}

function captured(ledger: Awaited<ReturnType<typeof ledgerOf>>) {
  const balance = 100 - ledger.creditCost
  return {
    status: 'READY',
    interruptions: 1,
    creditCost: ledger.creditCost,
    reservedBytes: 0,
    byteSize: ledger.stored,
    transactions: ['GRANT', 'HOLD', 'CAPTURE'],
    holds: ['CAPTURED'],
    balance,
    sum: balance,
    videos: 1,
    storage: speech.length + ledger.stored,
    stored: expect.any(Number),
  }
}

const released = {
  status: 'FAILED',
  interruptions: 2,
  creditCost: 25,
  reservedBytes: 0,
  byteSize: null,
  transactions: ['GRANT', 'HOLD', 'RELEASE'],
  holds: ['RELEASED'],
  balance: 100,
  sum: 100,
  videos: 0,
  storage: speech.length,
  stored: 0,
}

test('videos whose worker is killed continue with the step that they were in, and a third kill fails a video', async () => {
  const { app, bucket, groq, google, pexels, ffmpeg, startWorker, lock } = await openDeployment()
  const { prisma } = app.app.db
  const reaches = async ({ id }: Started, step: string) =>
    expect
      .poll(() => prisma.video.findUnique({ where: { id } }), { timeout: 60_000, interval: 50 })
      .toMatchObject({ status: 'RENDERING', step })
  const waitsForLock = (statement: string) =>
    expect
      .poll(
        async () => {
          const { rows } = await app.owner.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
            [`%${statement}%`],
          )
          return rows.length
        },
        { timeout: 60_000, interval: 50 },
      )
      .toBe(1)
  const arrives = (requests: readonly string[], text: string, count = 1) =>
    expect
      .poll(() => requests.filter((line) => line.includes(text)).length, { timeout: 60_000, interval: 50 })
      .toBeGreaterThanOrEqual(count)

  // Each video waits in another step. Those of later steps come first, and have passed the vendors that are then paused.
  const finishing = await generate(app, 'Finishing', 'waveform')
  const lastFile = `${finishing.id}/1/poster.jpg`
  const resumeLastFile = holdRequests(bucket, lastFile)
  const storing = await generate(app, 'Storing')
  const secondFile = `${storing.id}/1/preview.mp4`
  const resumeSecondFile = holdRequests(bucket, secondFile)
  const first = await startWorker(8)
  await arrives(bucket.requests, lastFile)
  await arrives(bucket.requests, secondFile)
  await reaches(storing, 'STORING')

  await ffmpeg.hold()
  const before = await ffmpeg.count('libx264')
  const rendering = await generate(app, 'Rendering', 'waveform')
  await reaches(rendering, 'RENDERING')
  await expect.poll(() => ffmpeg.count('libx264'), { timeout: 60_000 }).toBe(before + 1)

  const resumePexels = pexels.pause()
  const fetching = await generate(app, 'Fetching')
  await arrives(pexels.requests, '/photos/', 2)
  await reaches(fetching, 'FETCHING_MEDIA')

  const resumeGoogle = google.pause()
  const planning = await generate(app, 'Planning')
  await arrives(google.requests, 'generateContent', 3)
  await reaches(planning, 'PLANNING')

  const answerUncommitted = groq.pause()
  const uncommitted = await generate(app, 'Uncommitted', 'captions')
  await arrives(groq.requests, 'transcriptions', 4)
  const resumeGroq = groq.pause()
  const transcribing = await generate(app, 'Transcribing', 'captions')
  await arrives(groq.requests, 'transcriptions', 5)
  await reaches(transcribing, 'TRANSCRIBING')

  const probing = await generate(app, 'Probing')
  const audioKey = `uploads/${probing.userId}/`
  holdRequests(bucket, audioKey)
  await arrives(bucket.requests, audioKey)
  await reaches(probing, 'PROBING')

  // Two have done the work of their step, and wait for a lock to store its result.
  const unlockVideo = await lock('SELECT FROM videos WHERE id = $1 FOR UPDATE', uncommitted.id)
  answerUncommitted()
  await waitsForLock('"transcript" = ')
  const unlockWallet = await lock('SELECT FROM ledger_accounts WHERE user_id = $1 FOR UPDATE', finishing.userId)
  resumeLastFile()
  await waitsForLock('credits_capture')

  const continued = [finishing, storing, rendering, fetching, planning, uncommitted, transcribing]
  const requestsOf = () => ({
    transcriptions: groq.requests.length,
    plans: google.requests.length,
    searches: pexels.requests.filter((line) => line.includes('/search')).length,
    pictures: pexels.requests.filter((line) => line.includes('/photos/')).length,
  })
  const requestsBefore = requestsOf()
  expect(requestsBefore).toEqual({ transcriptions: 5, plans: 3, searches: 1, pictures: 2 })
  expect(await foldersInUse(first)).toHaveLength(1)
  await end(first)
  resumeSecondFile()
  resumePexels()
  resumeGoogle()
  resumeGroq()
  await Promise.all([ffmpeg.release(), unlockWallet(), unlockVideo()])
  await silenceWorkers(app.owner)

  const second = await startWorker(3)
  const statuses = async () => {
    const rows = await prisma.video.findMany({ where: { id: { in: continued.map(({ id }) => id) } } })
    return new Set(rows.map(({ status }) => status))
  }
  await expect.poll(statuses, { timeout: 90_000, interval: 100 }).toEqual(new Set(['READY']))
  for (const video of continued) {
    const ledger = await ledgerOf(app, video)
    expect({ title: video.title, ...ledger }).toEqual({
      title: video.title,
      ...captured(ledger),
    })
  }
  expect(requestsOf()).toEqual({
    // Uncommitted, whose answer was not stored, and Transcribing.
    transcriptions: requestsBefore.transcriptions + 2,
    // Planning.
    plans: requestsBefore.plans + 1,
    searches: requestsBefore.searches,
    // Fetching and Planning. What is found is kept for all.
    pictures: requestsBefore.pictures + 2,
  })
  expect(await ffmpeg.count('silencedetect')).toBe(continued.length)
  expect(await readdir(workFolder)).not.toContainEqual(expect.stringMatching(`^${first.pid}-`))

  await arrives(bucket.requests, audioKey, 2)
  await end(second)
  await silenceWorkers(app.owner)
  const third = await startWorker(1)
  await arrives(bucket.requests, audioKey, 3)
  await end(third)
  await silenceWorkers(app.owner)
  app.now = new Date()
  await app.runJob('videos.sweep')
  await app.runDueJobs()
  expect(await ledgerOf(app, probing)).toEqual(released)
}, 240_000)

/** Kills a worker, and waits until its child processes have ended. */
async function end(worker: Program): Promise<void> {
  worker.kill('SIGKILL')
  expect(await worker.ended).toBe('SIGKILL')
  await expect.poll(() => foldersInUse(worker), { timeout: 10_000 }).toEqual([])
}
