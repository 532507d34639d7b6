import { createHash } from 'node:crypto'
import { parse } from 'content-disposition'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { send } from '../../../testing/send.ts'
import { complete, keyOf, type Requested, requested, smallFit, uploadInput } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64')

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

/** A copy with another last byte. */
function damaged(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

const storedObject = async ({ upload }: Requested) => app.app.adapters.bucket.head(await keyOf(app, upload.id))

interface Change {
  readonly body?: Uint8Array
  readonly headers?: Record<string, string | undefined>
  readonly url?: (url: string) => string
  readonly method?: string
}

describe('the presigned PUT URL rejects', () => {
  test.each<[string, number, Change]>([
    ['a longer body', 403, { body: new Uint8Array([...smallFit, 0]) }],
    ['a shorter body', 403, { body: smallFit.subarray(1) }],
    ['an empty body', 403, { body: new Uint8Array() }],
    ['other bytes of the same length', 400, { body: damaged(smallFit) }],
    ['another MD5', 403, { body: damaged(smallFit), headers: { 'content-md5': md5(damaged(smallFit)) } }],
    ['no MD5 if one was declared', 403, { headers: { 'content-md5': undefined } }],
    ['another media type', 403, { headers: { 'content-type': 'text/html' } }],
    ['no media type', 403, { headers: { 'content-type': undefined } }],
    ['another content disposition', 403, { headers: { 'content-disposition': 'inline' } }],
    ['no if-none-match', 403, { headers: { 'if-none-match': undefined } }],
    ['another key', 403, { url: (url) => url.replace('?', '1?') }],
    ['a longer validity', 403, { url: (url) => url.replace('Expires=600', 'Expires=3600') }],
    ['another method', 403, { method: 'DELETE' }],
  ])('%s', async (_, status, { body = smallFit, headers, url = (same) => same, method = 'PUT' }) => {
    const answer = await requested(app, ann, { contentMd5: md5(smallFit) })
    const response = await send({ ...answer.request!, url: url(answer.request!.url), method }, body, headers)
    expect(response.status).toBe(status)
    expect(await storedObject(answer)).toBeNull()
    expect(await complete(app, ann, answer.upload.id)).toMatchObject({ __typename: 'UploadIncompleteError' })
  })

  test('the key of another upload', async () => {
    const [mine, other] = [await requested(app, ann), await requested(app, 'bob@example.com')]
    const target = new URL(mine.request!.url)
    target.pathname = new URL(other.request!.url).pathname
    expect((await send({ ...mine.request!, url: target.href }, smallFit)).status).toBe(403)
    expect(await storedObject(other)).toBeNull()
  })

  test('every request after ten minutes, and accepts one before', async () => {
    const present = app.now
    const at = async (secondsAgo: number) => {
      app.now = new Date(Date.now() - secondsAgo * 1_000)
      return requested(app, ann).finally(() => {
        app.now = present
      })
    }
    const [expired, valid] = [await at(601), await at(570)]
    expect((await send(expired.request!, smallFit)).status).toBe(403)
    expect(await storedObject(expired)).toBeNull()
    expect((await send(valid.request!, smallFit)).status).toBe(200)
  })

  test('a second PUT, of the same and of other bytes; the first object is kept', async () => {
    const answer = await requested(app, ann)
    expect((await send(answer.request!, smallFit)).status).toBe(200)
    expect((await send(answer.request!, smallFit)).status).toBe(412)
    expect((await send(answer.request!, damaged(smallFit))).status).toBe(412)
    expect(await app.app.adapters.bucket.read(await keyOf(app, answer.upload.id))).toEqual(smallFit)
  })

  test('all but one of five concurrent PUTs', async () => {
    const { request } = await requested(app, ann)
    const responses = await Promise.all(Array.from({ length: 5 }, () => send(request!, smallFit)))
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412])
  })
})

describe('the bucket accepts the returned headers and downloads have the filename', () => {
  test.each([
    'run.fit',
    '한강 아침 러닝.fit',
    'café à Orléans.fit',
    '🏃‍♀️🏃🏽.fit',
    'he said "run".fit',
    `it's; a=b, c.fit`,
    '100%20.fit',
    ' two  spaces .fit ',
    'A\u0301B.fit',
    '🏃'.repeat(255),
  ])('%s', async (filename) => {
    const answer = await requested(app, ann, uploadInput({ filename, contentMd5: md5(smallFit) }))
    expect((await send(answer.request!, smallFit)).status).toBe(200)
    const { bucket } = app.app.adapters
    const { url } = await bucket.signGet(await keyOf(app, answer.upload.id), { now: new Date(), seconds: 60 })
    const download = await fetch(url)
    expect(parse(download.headers.get('content-disposition') ?? '')).toMatchObject({
      type: 'attachment',
      parameters: { filename },
    })
    expect(new Uint8Array(await download.arrayBuffer())).toEqual(smallFit)
  })
})
