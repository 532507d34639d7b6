import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPexels } from '../../../adapters/pexels/pexels.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { type FakePexels, startPexels } from '../../../testing/pexels.ts'
import type { PictureQuery } from '../ports.ts'
import { countPictureRequest } from './count-picture-request.ts'
import { prunePictureSearches } from './prune-picture-searches.ts'
import { searchPictures } from './search-pictures.ts'

const start = new Date('2026-11-21T09:20:00Z')
const nextHour = new Date('2026-11-21T10:00:00Z')
const nextMonth = new Date('2026-12-01T00:00:00Z')

let app: TestApp
let pexels: FakePexels
beforeAll(async () => {
  app = await startTestApp({ config: { poolSize: 20 } })
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  pexels = await startPexels()
  app.now = start
  await app.app.db.prisma.pictureSearch.deleteMany()
  await app.app.db.prisma.pictureQuota.deleteMany()
})
afterEach(() => pexels[Symbol.asyncDispose]())

const wait = async () => {}
const clock = () => app.now

function search(changes: Partial<PictureQuery> = {}) {
  const pictureSearch = createPexels({ ...pexels.config, vendorClock: { clock, wait } })
  const query = { keywords: 'Cold  river', orientation: 'portrait', ...changes } as const
  return searchPictures({ db: app.app.db, clock, pictureSearch }, query, { signal: new AbortController().signal })
}

const count = (now: Date = app.now) => countPictureRequest(app.app.db, { source: 'Pexels', now })
const quota = () => app.app.db.prisma.pictureQuota.findUniqueOrThrow({ where: { source: 'Pexels' } })
const setUsed = (used: { hourUsed?: number; monthUsed?: number }) =>
  app.app.db.prisma.pictureQuota.update({ where: { source: 'Pexels' }, data: used })

describe('a search', () => {
  test('is sent once for the same keywords and orientation', async () => {
    const found = await search()
    expect(found.map(({ id }) => id)).toEqual(['1', '2', '3'])
    expect(await search({ keywords: ' cold river ' })).toEqual(found)
    expect(pexels.requests).toEqual([expect.stringContaining('query=cold+river&orientation=portrait')])
    await search({ orientation: 'square' })
    await search({ keywords: 'cold' })
    expect(pexels.requests).toHaveLength(3)
    expect(await quota()).toMatchObject({ hourUsed: 3, monthUsed: 3 })
  })

  test('that found nothing is kept too', async () => {
    pexels.photos = []
    expect([await search(), await search()]).toEqual([[], []])
    expect(pexels.requests).toHaveLength(1)
  })

  test('is sent again after 30 days, and where the kept results cannot be read', async () => {
    await search()
    app.now = new Date(start.getTime() + 30 * 86_400_000)
    await search()
    expect(pexels.requests).toHaveLength(1)
    app.now = new Date(app.now.getTime() + 1)
    await search()
    await search()
    expect(pexels.requests).toHaveLength(2)
    await app.app.db.prisma.pictureSearch.updateMany({ data: { results: [{ id: 1 }] } })
    expect((await search())[0]).toMatchObject({ id: '1' })
    expect(pexels.requests).toHaveLength(3)
  })

  test('counts its retries, and a failed one keeps nothing', async () => {
    pexels.fault = { status: 500 }
    await expect(search()).rejects.toThrow('temporarily unavailable')
    expect(await quota()).toMatchObject({ hourUsed: 3, monthUsed: 3 })
    expect(await app.app.db.prisma.pictureSearch.count()).toBe(0)
  })

  test('at the limit is not sent, but kept results are found', async () => {
    const found = await search()
    await setUsed({ hourUsed: 200 })
    await expect(search({ keywords: 'bridge' })).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryAt: nextHour,
    })
    expect(await search()).toEqual(found)
    expect(pexels.requests).toHaveLength(1)
  })

  test('that two send at once keeps one result', async () => {
    const [one, other] = await Promise.all([search(), search()])
    expect(one).toEqual(other)
    expect(await app.app.db.prisma.pictureSearch.count()).toBe(1)
  })
})

describe('the count', () => {
  test('of concurrent requests never exceeds the limit of the hour', async () => {
    await count()
    await setUsed({ hourUsed: 170 })
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => count()))
    expect(outcomes.filter((retryAt) => retryAt === null)).toHaveLength(30)
    expect(outcomes.filter((retryAt) => retryAt !== null)).toEqual(Array.from({ length: 30 }, () => nextHour))
    expect(await quota()).toMatchObject({ hourUsed: 200, monthUsed: 31 })
  })

  test('of concurrent first requests loses none', async () => {
    await Promise.all(Array.from({ length: 20 }, () => count()))
    expect(await quota()).toMatchObject({ hourUsed: 20, monthUsed: 20 })
  })

  test('starts again with the hour, once for concurrent requests', async () => {
    await count()
    await setUsed({ hourUsed: 200 })
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => count(nextHour)))
    expect(new Set(outcomes)).toEqual(new Set([null]))
    expect(await quota()).toMatchObject({ hourStartsAt: nextHour, hourUsed: 30, monthUsed: 31 })
  })

  test('of a month ends at its limit, and starts again with the next month', async () => {
    await count()
    await setUsed({ monthUsed: 19_999 })
    expect(await count(nextHour)).toBeNull()
    expect(await count(nextHour)).toEqual(nextMonth)
    expect(await count(nextMonth)).toBeNull()
    expect(await quota()).toMatchObject({ monthStartsAt: nextMonth, monthUsed: 1, hourUsed: 1 })
  })

  test('by a clock that is behind goes to the window of the others', async () => {
    await count(nextHour)
    expect(await count(start)).toBeNull()
    expect(await quota()).toMatchObject({ hourStartsAt: nextHour, hourUsed: 2 })
    await setUsed({ hourUsed: 200 })
    expect(await count(start)).toEqual(new Date('2026-11-21T11:00:00Z'))
  })
})

test('pruning removes results after 30 days', async () => {
  await search()
  expect(await prunePictureSearches(app.app.db, new Date(start.getTime() + 30 * 86_400_000))).toBe(0)
  expect(await prunePictureSearches(app.app.db, new Date(start.getTime() + 30 * 86_400_000 + 1))).toBe(1)
  expect(await app.app.db.prisma.pictureSearch.count()).toBe(0)
})
