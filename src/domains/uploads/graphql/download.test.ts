import { parse } from 'content-disposition'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { cancel, complete, completed, requested, sent, smallFit, uploadRow } from '../../../testing/upload-steps.ts'

const ann = 'ann@example.com'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

interface FoundUpload {
  readonly status: string
  readonly download: { readonly url: string; readonly expiresAt: string } | null
}

/** An upload as `node` returns it, with a download with these arguments. */
async function find(as: string | null, id: string, args = '') {
  const source = `query Find($id: ID!) { node(id: $id) { ... on Upload { status download${args} { url expiresAt } } } }`
  const answer = await app.query(as, source, { id })
  return { errors: answer.errors, node: (answer.data as { node: FoundUpload | null } | null)?.node ?? null }
}

async function download(id: string, args?: string) {
  const { node, errors } = await find(ann, id, args)
  if (!node?.download) throw new Error(`The upload has no download: ${JSON.stringify(errors ?? node)}`)
  return node.download
}

describe('download is null', () => {
  test('before the upload is completed', async () => {
    const { upload } = await sent(app, ann)
    expect((await find(ann, upload.id)).node).toEqual({ status: 'PENDING', download: null })
  })

  test('for a rejected upload, even while its object exists', async () => {
    const { upload } = await sent(app, ann, Buffer.alloc(100, 'x'))
    await complete(app, ann, upload.id)
    expect((await find(ann, upload.id)).node).toEqual({ status: 'REJECTED', download: null })
  })

  test('for a cancelled upload', async () => {
    const { upload } = await sent(app, ann)
    await cancel(app, ann, upload.id)
    expect((await find(ann, upload.id)).node).toEqual({ status: 'CANCELLED', download: null })
  })

  test('for an expired upload', async () => {
    const realNow = app.now
    app.now = new Date(realNow.getTime() - 25 * 3_600_000)
    const { upload } = await requested(app, ann)
    app.now = realNow
    await app.runJob('uploads.sweep')
    expect((await find(ann, upload.id)).node).toEqual({ status: 'EXPIRED', download: null })
  })
})

describe('the download URL', () => {
  test.each([
    ['', 300],
    ['(expiresInSeconds: 60)', 60],
    ['(expiresInSeconds: 3600)', 3_600],
    ['(expiresInSeconds: 59)', 60],
    ['(expiresInSeconds: -1)', 60],
    ['(expiresInSeconds: 2147483647)', 3_600],
    ['(expiresInSeconds: null)', 300],
  ])('with the arguments "%s" is valid for %d seconds', async (args, seconds) => {
    const { upload } = await completed(app, ann)
    const { url, expiresAt } = await download(upload.id, args)
    expect(Date.parse(expiresAt)).toBe((Math.floor(app.now.getTime() / 1_000) + seconds) * 1_000)
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe(String(seconds))
  })

  test('returns the bytes until it expires, and 403 without its signature or for another method', async () => {
    const { upload } = await completed(app, ann)
    const { url } = await download(upload.id, '(expiresInSeconds: 60)')
    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(smallFit)
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403)
    expect((await fetch(url.replace(/\?.*/, ''))).ok).toBe(false)

    const realNow = app.now
    app.now = new Date(Date.now() - 61_000)
    const expired = await download(upload.id, '(expiresInSeconds: 60)')
    app.now = realNow
    expect((await fetch(expired.url)).status).toBe(403)
  })

  test.each(['run.fit', '한강 아침 러닝 🏃.fit', 'he said "run".fit', "it's 100%25; a=b.fit", 'é.fit'])(
    'returns an attachment with the filename %s and the stored media type',
    async (filename) => {
      const { upload } = await completed(app, ann, smallFit, { filename, contentType: 'application/vnd.ant.fit' })
      const response = await fetch((await download(upload.id)).url)
      expect(response.headers.get('content-type')).toBe('application/vnd.ant.fit')
      expect(parse(response.headers.get('content-disposition') ?? '')).toMatchObject({
        type: 'attachment',
        parameters: { filename },
      })
    },
  )
})

describe('authorization', () => {
  test('node returns null to other users and UNAUTHENTICATED without a session', async () => {
    const { upload } = await completed(app, ann)
    expect(await find('bob@example.com', upload.id)).toEqual({ node: null, errors: undefined })
    expect(await find(null, upload.id)).toMatchObject({
      node: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    const nodes = 'query Nodes($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    const { data } = await app.query('bob@example.com', nodes, { ids: [upload.id, upload.id] })
    expect(data).toEqual({ nodes: [null, null] })
  })

  test('the URL of one file does not open another file', async () => {
    const [one, two] = [await completed(app, ann), await completed(app, 'bob@example.com')]
    const { url } = await download(one.upload.id)
    const [mine, other] = [await uploadRow(app, one.upload.id), await uploadRow(app, two.upload.id)]
    expect((await fetch(url.replace(mine.userId, other.userId).replace(mine.id, other.id))).status).toBe(403)
  })
})
