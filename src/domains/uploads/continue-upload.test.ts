import { afterAll, beforeAll, expect, test } from 'vitest'
import { ContinueUploadDocument, UploadRulesDocument } from '../../../operations/typed-operations.ts'
import { toGlobalId } from '../../graphql/ids.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createUser } from '../../testing/factories.ts'
import { send } from '../../testing/send.ts'
import { cancel, complete, jobsOf, keyOf, requested, smallFit, uploadRow } from '../../testing/upload-steps.ts'

const mebibyte = 1024 * 1024
const ann = 'ann@example.com'
const sound = { kind: 'AUDIO', contentType: 'audio/wav', filename: 'long.wav', byteSize: 64 * mebibyte + 4 } as const

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const wav = new Uint8Array(sound.byteSize)
wav.set(Buffer.from('RIFF\0\0\x10\x04WAVEfmt ', 'latin1'))

/** Runs `work` with the clock half an hour back, so that the URLs that it gets have expired. */
async function halfAnHourAgo<Result>(work: () => Promise<Result>): Promise<Result> {
  const present = app.now
  app.now = new Date(present.getTime() - 30 * 60_000)
  return work().finally(() => {
    app.now = present
  })
}

/** What a client knows that has only the id of the upload. */
async function read(uploadId: string, as = ann, after = 0) {
  const { data, errors } = await app.run(as, ContinueUploadDocument, { uploadId, after })
  expect(errors).toBeUndefined()
  if (data.node?.__typename !== 'Upload') throw new Error('The upload was not found.')
  return data.node
}

type Part = NonNullable<Awaited<ReturnType<typeof read>>['parts']>[number]

async function sendPart({ partNumber, byteSize, request }: Part): Promise<void> {
  const begin = (partNumber - 1) * 8 * mebibyte
  expect((await send(request, wav.subarray(begin, begin + byteSize))).status).toBe(200)
}

test('a second client continues an interrupted upload with what the bucket has, and fresh URLs', async () => {
  const before = await halfAnHourAgo(async () => read((await requested(app, ann, sound)).upload.id))
  const { id } = before
  expect((await send(before.parts!.at(-1)!.request, wav.subarray(64 * mebibyte))).status).toBe(403)
  for (const part of (await read(id)).parts!.slice(0, 3)) await sendPart(part)

  const { parts, request, status } = await read(id)
  expect({ request, status }).toEqual({ request: null, status: 'PENDING' })
  expect(parts?.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(parts?.map(({ byteSize }) => byteSize)).toEqual([...Array<number>(8).fill(8 * mebibyte), 4])
  expect(parts?.map(({ arrived }) => arrived)).toEqual([...Array(3).fill(true), ...Array(6).fill(false)])
  expect(parts?.map(({ etag }) => etag !== null)).toEqual(parts?.map(({ arrived }) => arrived))

  for (const part of parts!.filter(({ arrived }) => !arrived)) await sendPart(part)
  const whole = (await read(id)).parts!
  expect(whole.every(({ arrived }) => arrived)).toBe(true)
  const etags = whole.map(({ partNumber, etag }) => ({ partNumber, etag: etag! }))
  expect(await complete(app, ann, id, etags)).toMatchObject({ upload: { id, status: 'READY' } })
  expect(await read(id)).toMatchObject({ status: 'READY', request: null, parts: null })
})

test('parts are listed after a part number, as many as requested', async () => {
  const { upload } = await requested(app, ann, sound)
  expect((await read(upload.id, ann, 7)).parts?.map(({ partNumber }) => partNumber)).toEqual([8, 9])
  expect((await read(upload.id, ann, 9)).parts).toEqual([])
  const query = (args: string) =>
    app.query(ann, `{ node(id: "${upload.id}") { ... on Upload { parts(${args}) { partNumber arrived } } } }`)
  expect((await query('first: 1, after: 3')).data).toEqual({ node: { parts: [{ partNumber: 4, arrived: false }] } })
  expect((await query('first: -5, after: -5')).data).toEqual({ node: { parts: [{ partNumber: 1, arrived: false }] } })
})

test('after a completion that was killed, all parts have arrived and completeUpload needs none', async () => {
  const { upload } = await requested(app, ann, sound)
  for (const part of (await read(upload.id)).parts ?? []) await sendPart(part)
  const parts = (await read(upload.id)).parts!.map(({ partNumber, etag }) => ({ partNumber, etag: etag! }))
  const multipartId = (await uploadRow(app, upload.id)).multipartId!
  await app.app.adapters.bucket.completeMultipart({ key: await keyOf(app, upload.id), multipartId, parts })
  const joined = (await read(upload.id)).parts!
  expect(joined.map(({ arrived, etag }) => ({ arrived, etag }))).toEqual(Array(9).fill({ arrived: true, etag: null }))
  expect(await complete(app, ann, upload.id)).toMatchObject({ upload: { status: 'READY' } })
})

test('a file of one request gets a fresh URL from its upload while it is PENDING', async () => {
  const { upload } = await halfAnHourAgo(() => requested(app, ann))
  const { request, parts } = await read(upload.id)
  expect(parts).toBeNull()
  expect((await send(request!, smallFit)).status).toBe(200)
  expect(await complete(app, ann, upload.id)).toMatchObject({ upload: { status: 'READY' } })
  expect(await read(upload.id)).toMatchObject({ request: null, parts: null })
})

test('the object is removed again after the last URL that the upload itself returned has expired', async () => {
  const { upload } = await halfAnHourAgo(() => requested(app, ann))
  const { request } = await read(upload.id)
  await cancel(app, ann, upload.id)
  expect((await read(upload.id)).request).toBeNull()
  const last = (await jobsOf(app, upload.id)).at(-1)
  expect(last?.name).toBe('uploads.remove-object')
  expect(last?.runAt.getTime()).toBeGreaterThan(Date.parse(request!.expiresAt))
})

test('an admin who reads the upload of another user gets no URLs', async () => {
  const [whole, inParts] = [await requested(app, ann), await requested(app, ann, sound)]
  await createUser(app, 'admin@example.com', { role: 'ADMIN' })
  for (const { upload } of [whole, inParts]) {
    expect(await read(upload.id, 'admin@example.com')).toMatchObject({ status: 'PENDING', request: null, parts: null })
  }
  const { data } = await app.run('bob@example.com', ContinueUploadDocument, { uploadId: whole.upload.id })
  expect(data.node).toBeNull()
  expect(
    (await app.run(ann, ContinueUploadDocument, { uploadId: toGlobalId('Upload', 'x') })).data?.node ?? null,
  ).toBeNull()
})

test('uploadRules says what a file must be, without a session', async () => {
  const rules = async (kind: 'ACTIVITY' | 'AUDIO', byteSize: number) =>
    (await app.run(null, UploadRulesDocument, { kind, byteSize })).data.uploadRules
  expect(await rules('ACTIVITY', 1_000)).toMatchObject({
    kind: 'ACTIVITY',
    maxByteSize: 32 * mebibyte,
    contentTypes: expect.arrayContaining(['application/vnd.ant.fit', 'application/gpx+xml']),
    partByteSize: null,
  })
  expect(await rules('AUDIO', 512 * mebibyte)).toMatchObject({
    maxByteSize: 512 * mebibyte,
    maxSingleRequestByteSize: 64 * mebibyte,
    minPartByteSize: 8 * mebibyte,
    maxPartByteSize: 64 * mebibyte,
    partByteSize: 16 * mebibyte,
  })
})
