import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import type { VendorQuota, VendorRequest } from '../../platform/vendors/vendor-client.ts'
import { type FakePexels, pexelsPhoto, smallJpeg, startPexels } from '../../testing/pexels.ts'
import { createPexels, type PexelsOptions } from './pexels.ts'

const now = new Date('2026-11-21T09:20:00Z')
let pexels: FakePexels
let folder: string
let counted: number
let pauses: number[]
let reports: (VendorRequest | VendorQuota)[]
beforeEach(async () => {
  pexels = await startPexels()
  folder = await mkdtemp(join(tmpdir(), 'pacer-pexels-'))
  counted = 0
  pauses = []
  reports = []
})
afterEach(async () => {
  await pexels[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const signal = new AbortController().signal

function client(options: Partial<PexelsOptions> = {}) {
  const onReport = (report: VendorRequest | VendorQuota) => reports.push(report)
  const vendorClock = {
    clock: () => now,
    wait: async (ms: number) => {
      pauses.push(ms)
    },
  }
  return createPexels({ ...pexels.config, vendorClock, onRequest: onReport, onQuota: onReport, ...options })
}

const query = { keywords: 'river & bridge', orientation: 'portrait', count: 2 } as const

const search = (options: Partial<PexelsOptions> = {}, run = { signal }) =>
  client(options).search(query, {
    ...run,
    countRequest: async () => {
      counted += 1
    },
  })

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  )

describe('a search', () => {
  test('finds pictures with their attribution', async () => {
    expect(await search()).toEqual(
      [1, 2].map((id) => ({
        id: String(id),
        downloadUrl: `${pexels.url}/photos/${id}/pexels-photo-${id}.jpeg?auto=compress&cs=tinysrgb&fm=jpg&w=2400&h=2400`,
        width: 4_000,
        height: 6_000,
        photographer: `Photographer ${id}`,
        photographerUrl: `https://www.pexels.com/@photographer-${id}`,
        sourceUrl: `https://www.pexels.com/photo/river-${id}/`,
        source: 'Pexels',
      })),
    )
    expect(pexels.requests).toEqual([
      'GET /v1/search?query=river+%26+bridge&orientation=portrait&size=medium&locale=en-US&per_page=2',
    ])
    expect(pexels.authorizations).toEqual([pexels.config.apiKey])
    expect(counted).toBe(1)
  })

  test('leaves out photos that are not valid or are stored elsewhere', async () => {
    const original = (url: string) => ({ src: { original: url } })
    pexels.photos = [
      {},
      pexelsPhoto(pexels.url, 1, original('https://images.pexels.com.example.com/1.jpeg')),
      pexelsPhoto(pexels.url, 2, original('http://images.pexels.com/2.jpeg')),
      pexelsPhoto(pexels.url, 3, original('file:///etc/passwd')),
      pexelsPhoto(pexels.url, 4, original('https://user@images.pexels.com/4.jpeg')),
      pexelsPhoto(pexels.url, 5, { photographer_url: 'javascript:alert(1)' }),
      pexelsPhoto(pexels.url, 6, { photographer: ' ' }),
      pexelsPhoto(pexels.url, 7, original('https://images.pexels.com/photos/7/7.png')),
    ]
    const found = await client().search({ ...query, count: 80 }, { signal, countRequest: async () => {} })
    expect(found.map(({ id, downloadUrl }) => [id, downloadUrl.slice(0, 45)])).toEqual([
      ['7', 'https://images.pexels.com/photos/7/7.png?auto'],
    ])
  })

  test('counts each of its requests, and ends where no more are left', async () => {
    pexels.fault = { status: 500 }
    expect(await failureOf(search())).toBeInstanceOf(ProviderUnavailable)
    expect([counted, pexels.requests.length, pauses]).toEqual([3, 3, [1_000, 2_000]])

    const retryAt = new Date('2026-11-21T10:00:00Z')
    const countRequest = async () => {
      throw new ProviderUnavailable('Pexels', { retryAt })
    }
    expect(await failureOf(client().search(query, { signal, countRequest }))).toMatchObject({ retryAt })
    expect(pexels.requests).toHaveLength(3)
  })

  test('is not retried within the hour in which Pexels answered 429', async () => {
    pexels.fault = { status: 429 }
    expect(await failureOf(search())).toMatchObject({ retryAt: new Date('2026-11-21T10:00:00Z') })
    expect(pexels.requests).toHaveLength(1)
  })

  test.each([
    [
      'a wrong key',
      { status: 401, body: '{"status":401,"code":"Unauthorized"}' },
      401,
      /401, Unauthorized\. Check PEXELS_API_KEY/,
    ],
    ['an answer that is not a search', { status: 200, body: '{"photos":"none"}' }, null, /not valid/],
  ])('is refused at once for %s', async (_what, fault, status, message) => {
    pexels.fault = fault
    const failure = await failureOf(search())
    expect(failure).toMatchObject({ name: 'VendorRefused', status, message: expect.stringMatching(message) })
    expect(pexels.requests).toHaveLength(1)
  })

  test('reports the rest of the month', async () => {
    pexels.headers = { 'x-ratelimit-limit': '20000', 'x-ratelimit-remaining': '19684' }
    await search()
    expect(reports).toEqual([
      { vendor: 'Pexels', kind: 'requests-of-month', remaining: 19_684 },
      { vendor: 'Pexels', operation: 'search', outcome: 'ok', seconds: expect.any(Number) },
    ])
  })

  test('ends with the reason of its signal', async () => {
    const release = pexels.pause()
    const controller = new AbortController()
    const failure = failureOf(search({}, { signal: controller.signal }))
    await expect.poll(() => pexels.requests.length, { interval: 5 }).toBe(1)
    controller.abort(new Error('cancelled'))
    expect(await failure).toEqual(new Error('cancelled'))
    release()
  })
})

describe('a download', () => {
  const download = (downloadUrl = `${pexels.url}/photos/1/1.jpeg`, options: Partial<PexelsOptions> = {}) =>
    client(options).download({ downloadUrl }, join(folder, 'picture.jpg'), { signal })

  test('writes the file without sending the key', async () => {
    await download()
    expect(await readFile(join(folder, 'picture.jpg'))).toEqual(smallJpeg)
    expect(await readdir(folder)).toEqual(['picture.jpg'])
    expect(pexels.authorizations).toEqual([undefined])
  })

  test.each([
    ['https://images.example.com/1.jpeg'],
    ['http://images.pexels.com/1.jpeg'],
    ['https://images.pexels.com:8443/1.jpeg'],
    ['file:///etc/passwd'],
    ['not a URL'],
  ])('of %s is refused without a request', async (downloadUrl) => {
    expect(await failureOf(download(downloadUrl))).toMatchObject({ message: expect.stringContaining('not at Pexels') })
    expect(pexels.requests).toEqual([])
  })

  test.each([
    ['another type', { contentType: 'text/html', bytes: smallJpeg }, 'not sent as image/jpeg'],
    ['other content', { contentType: 'image/jpeg', bytes: Buffer.from('<html>') }, 'not a JPEG'],
    ['no content', { contentType: 'image/jpeg', bytes: Buffer.from('') }, 'is empty'],
  ])('of %s is refused and leaves no file', async (_what, picture, message) => {
    pexels.picture = picture
    expect(await failureOf(download())).toMatchObject({
      name: 'VendorRefused',
      message: expect.stringContaining(message),
    })
    expect(await readdir(folder)).toEqual([])
    expect(pexels.requests).toHaveLength(1)
  })

  test('that is cut is repeated, and leaves no file if it is cut each time', async () => {
    pexels.fault = { status: 200, headers: { 'content-type': 'image/jpeg' }, body: smallJpeg, isCut: true }
    expect(await failureOf(download())).toBeInstanceOf(ProviderUnavailable)
    expect(await readdir(folder)).toEqual([])
    expect(pexels.requests).toHaveLength(3)

    const faults = [pexels.fault]
    pexels.fault = null
    pexels.onRequest = () => faults.shift() ?? null
    await download()
    expect(await readFile(join(folder, 'picture.jpg'))).toEqual(smallJpeg)
  })

  test('of more than 20 MiB is refused', async () => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': String(20 * 1024 ** 2 + 1) }
    pexels.fault = { status: 200, headers, body: smallJpeg }
    expect(await failureOf(download())).toMatchObject({ message: 'Pexels sent more than 20971520 bytes.' })
    expect(await readdir(folder)).toEqual([])
  })

  test('of a removed picture is refused with 404', async () => {
    pexels.fault = { status: 404 }
    expect(await failureOf(download())).toMatchObject({ status: 404 })
  })

  test('does not follow a redirect', async () => {
    pexels.onRequest = (request) =>
      request.endsWith('/1.jpeg') ? { status: 302, headers: { location: '/photos/2/2.jpeg' } } : null
    expect(await failureOf(download())).toBeInstanceOf(ProviderUnavailable)
    expect(new Set(pexels.requests)).toEqual(new Set(['GET /photos/1/1.jpeg']))
  })
})
