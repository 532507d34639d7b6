import { parse } from 'content-disposition'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { cancel, complete, completed, requested, sent, smallFit, uploadRow } from '../../testing/upload-steps.ts'

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

/** An upload as `node` answers it, with a download of that life. */
async function find(as: string | null, id: string, life = '') {
  const source = `query Find($id: ID!) { node(id: $id) { ... on Upload { status download${life} { url expiresAt } } } }`
  const answer = await app.query(as, source, { id })
  return { errors: answer.errors, node: (answer.data as { node: FoundUpload | null } | null)?.node ?? null }
}

async function download(id: string, life?: string) {
  const { node, errors } = await find(ann, id, life)
  if (!node?.download) throw new Error(`There is no download: ${JSON.stringify(errors ?? node)}`)
  return node.download
}

describe('there is none', () => {
  test('before the file is complete', async () => {
    const { upload } = await sent(app, ann)
    expect((await find(ann, upload.id)).node).toEqual({ status: 'PENDING', download: null })
  })

  test('of a refused file, even while its object is there', async () => {
    const { upload } = await sent(app, ann, Buffer.alloc(100, 'x'))
    await complete(app, ann, upload.id)
    expect((await find(ann, upload.id)).node).toEqual({ status: 'REJECTED', download: null })
  })

  test('of a cancelled upload', async () => {
    const { upload } = await sent(app, ann)
    await cancel(app, ann, upload.id)
    expect((await find(ann, upload.id)).node).toEqual({ status: 'CANCELLED', download: null })
  })

  test('of an expired upload', async () => {
    const present = app.now
    app.now = new Date(present.getTime() - 25 * 3_600_000)
    const { upload } = await requested(app, ann)
    app.now = present
    await app.runJob('uploads.sweep')
    expect((await find(ann, upload.id)).node).toEqual({ status: 'EXPIRED', download: null })
  })
})

describe('its address', () => {
  test.each([
    ['', 300],
    ['(expiresInSeconds: 60)', 60],
    ['(expiresInSeconds: 3600)', 3_600],
    ['(expiresInSeconds: 59)', 60],
    ['(expiresInSeconds: -1)', 60],
    ['(expiresInSeconds: 2147483647)', 3_600],
    ['(expiresInSeconds: null)', 300],
  ])('with "%s" works for %d seconds', async (life, seconds) => {
    const { upload } = await completed(app, ann)
    const { url, expiresAt } = await download(upload.id, life)
    expect(Date.parse(expiresAt)).toBe((Math.floor(app.now.getTime() / 1_000) + seconds) * 1_000)
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe(String(seconds))
  })

  test('gives the bytes to whoever has it, until it lapses, and nothing without its signature', async () => {
    const { upload } = await completed(app, ann)
    const { url } = await download(upload.id, '(expiresInSeconds: 60)')
    expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(smallFit)
    expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(403)
    expect((await fetch(url.replace(/\?.*/, ''))).ok).toBe(false)

    const present = app.now
    app.now = new Date(Date.now() - 61_000)
    const lapsed = await download(upload.id, '(expiresInSeconds: 60)')
    app.now = present
    expect((await fetch(lapsed.url)).status).toBe(403)
  })

  test.each(['run.fit', '한강 아침 러닝 🏃.fit', 'he said "run".fit', "it's 100%25; a=b.fit", 'é.fit'])(
    'answers as an attachment called %s, of the stored type',
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

describe('whose file', () => {
  test('nobody else sees the upload, signed in or not', async () => {
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

  test('an address of one file opens no other', async () => {
    const [one, two] = [await completed(app, ann), await completed(app, 'bob@example.com')]
    const { url } = await download(one.upload.id)
    const [mine, other] = [await uploadRow(app, one.upload.id), await uploadRow(app, two.upload.id)]
    expect((await fetch(url.replace(mine.userId, other.userId).replace(mine.id, other.id))).status).toBe(403)
  })
})
