import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { readSettings } from '../../config/config.ts'
import type { PictureSearch } from '../../domains/videos/ports.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type FakeGoogle, startGoogle } from '../../testing/google.ts'
import { type FakeGroq, startGroq } from '../../testing/groq.ts'
import { samplesIn } from '../../testing/metric-samples.ts'
import { type FakePexels, startPexels } from '../../testing/pexels.ts'
import { createHealth } from './health.ts'
import { type MetricsServer, serveMetrics } from './metrics-server.ts'

const { signal } = new AbortController()
/** So late that a request is not repeated. */
const later = { 'retry-after': '600' }

let folder: string
let speech: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-vendor-metrics-'))
  speech = join(folder, 'speech.ogg')
  await writeFile(speech, 'OggS')
})
afterAll(() => rm(folder, { recursive: true }))

let groq: FakeGroq
let google: FakeGoogle
let pexels: FakePexels
let app: TestApp
let server: MetricsServer
beforeEach(async () => {
  groq = await startGroq()
  google = await startGoogle()
  pexels = await startPexels()
  const videos = { ...readSettings({}).videos, groq: groq.config, google: google.config, pexels: pexels.config }
  app = await startTestApp({ config: { videos } })
  server = await serveMetrics(createHealth(), { host: '127.0.0.1', port: 0 })
  server.open(app.app.metrics)
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
  for (const vendor of [groq, google, pexels]) await vendor[Symbol.asyncDispose]()
})

async function samples(beginning: string): Promise<Record<string, number>> {
  return samplesIn(await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text(), beginning)
}

/** The requests that were counted. */
async function counted(): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await samples('vendor_requests_total')).filter(([, count]) => count > 0))
}

const transcribe = () => app.app.adapters.transcriber?.transcribe(speech, { language: null, signal })
const pictures = () => app.app.adapters.pictureSearch as PictureSearch
const search = () =>
  pictures().search({ keywords: 'river', orientation: 'portrait', count: 1 }, { signal, countRequest: async () => {} })

test('requests to vendors are counted by outcome, from 0, and measured by operation', async () => {
  const counts = await samples('vendor_requests_total')
  expect(Object.keys(counts)).toHaveLength(4 * 6)
  expect(new Set(Object.values(counts))).toEqual(new Set([0]))

  await transcribe()
  groq.fault = { status: 401 }
  await expect(transcribe()).rejects.toThrow('Check GROQ_API_KEY')
  groq.fault = { status: 429, headers: later }
  await expect(transcribe()).rejects.toThrow()
  groq.fault = { status: 503, headers: later }
  await expect(transcribe()).rejects.toThrow()
  const [found] = await search()
  if (!found) throw new Error('Nothing was found.')
  await pictures().download(found, join(folder, 'picture.jpg'), { signal })
  const segments = [{ startSeconds: 0, endSeconds: 9, text: 'A river', words: [] }]
  const transcript = { language: 'en', segments }
  await app.app.adapters.planner?.plan({ title: 'River', transcript, durationSeconds: 9 }, { signal })

  expect(await counted()).toEqual({
    '{vendor="Groq",operation="transcribe",outcome="ok"}': 1,
    '{vendor="Groq",operation="transcribe",outcome="refused"}': 1,
    '{vendor="Groq",operation="transcribe",outcome="rate_limited"}': 1,
    '{vendor="Groq",operation="transcribe",outcome="failed"}': 1,
    '{vendor="Google",operation="plan",outcome="ok"}': 1,
    '{vendor="Pexels",operation="search",outcome="ok"}': 1,
    '{vendor="Pexels",operation="download",outcome="ok"}': 1,
  })
  const durations = await samples('vendor_request_duration_seconds_')
  expect(durations).toMatchObject({
    'count{vendor="Groq",operation="transcribe"}': 4,
    'count{vendor="Pexels",operation="search"}': 1,
    'bucket{le="240",vendor="Google",operation="plan"}': 1,
  })
  expect(durations['sum{vendor="Groq",operation="transcribe"}']).toBeGreaterThan(0)
})

test('what vendors say is left of their limits is shown for ten minutes', async () => {
  expect(await samples('vendor_quota_remaining')).toEqual({})
  groq.headers = { 'x-ratelimit-remaining-requests': '1999', 'x-ratelimit-remaining-audio-seconds': '7190' }
  pexels.headers = { 'x-ratelimit-remaining': '19684' }
  await transcribe()
  await search()
  expect(await samples('vendor_quota_remaining')).toEqual({
    '{vendor="Groq",kind="requests"}': 1_999,
    '{vendor="Groq",kind="audio-seconds"}': 7_190,
    '{vendor="Pexels",kind="requests-of-month"}': 19_684,
  })
  app.now = new Date(app.now.getTime() + 9 * 60_000)
  groq.headers = { 'x-ratelimit-remaining-requests': '1998' }
  await transcribe()
  app.now = new Date(app.now.getTime() + 2 * 60_000)
  expect(await samples('vendor_quota_remaining')).toEqual({ '{vendor="Groq",kind="requests"}': 1_998 })
})
