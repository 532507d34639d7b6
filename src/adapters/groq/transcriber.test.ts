import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ProviderUnavailable } from '../../platform/errors.ts'
import type { VendorQuota, VendorRequest } from '../../platform/vendors/vendor-client.ts'
import { type FakeGroq, groqSegment, groqTranscript, startGroq } from '../../testing/groq.ts'
import type { GroqOptions } from './groq-client.ts'
import { createGroqTranscriber } from './transcriber.ts'

const now = new Date('2026-11-21T09:00:00Z')
const audio = Buffer.from('OggS and the rest of a file')

let folder: string
let file: string
let groq: FakeGroq
let pauses: number[]
let reports: (VendorRequest | VendorQuota)[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-groq-'))
  file = join(folder, 'speech.ogg')
  await writeFile(file, audio)
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  groq = await startGroq()
  pauses = []
  reports = []
})
afterEach(() => groq[Symbol.asyncDispose]())

const vendorClock = {
  clock: () => now,
  wait: async (ms: number) => {
    pauses.push(ms)
  },
}

interface Changes {
  readonly options?: Partial<GroqOptions>
  readonly language?: string | null
  readonly file?: string
  readonly signal?: AbortSignal
}

function transcribe({ options, language = null, signal = new AbortController().signal, ...changes }: Changes = {}) {
  const onReport = (report: VendorRequest | VendorQuota) => reports.push(report)
  const reporting = { onRequest: onReport, onQuota: onReport }
  const transcriber = createGroqTranscriber({ ...groq.config, vendorClock, ...reporting, ...options })
  return transcriber.transcribe(changes.file ?? file, { language, signal })
}

const failureOf = (changes: Changes = {}) =>
  transcribe(changes).then(
    () => null,
    (error: unknown) => error,
  )

describe('a transcription', () => {
  test('has the language, the segments and their words with punctuation', async () => {
    expect(await transcribe()).toEqual({
      language: 'en',
      segments: [
        {
          startSeconds: 0.2,
          endSeconds: 2.4,
          text: 'Good morning, everyone.',
          words: [
            { text: 'Good', startSeconds: 0.2, endSeconds: 0.5 },
            { text: 'morning,', startSeconds: 0.5, endSeconds: 1.1 },
            { text: 'everyone.', startSeconds: 1.3, endSeconds: 2.3 },
          ],
        },
        {
          startSeconds: 3,
          endSeconds: 6.1,
          text: 'We run along the river.',
          words: ['We', 'run', 'along', 'the', 'river.'].map((text) => expect.objectContaining({ text })),
        },
      ],
    })
  })

  test('is requested with the times of words and segments, for an Ogg file', async () => {
    await transcribe()
    expect(groq.requests).toEqual(['POST /openai/v1/audio/transcriptions'])
    expect(groq.transcriptions).toEqual([
      {
        fields: [
          ['model', 'whisper-large-v3-turbo'],
          ['response_format', 'verbose_json'],
          ['timestamp_granularities[]', 'word'],
          ['timestamp_granularities[]', 'segment'],
        ],
        filename: 'audio.ogg',
        contentType: 'audio/ogg',
        file: new Uint8Array(audio),
      },
    ])
  })

  test.each([
    ['ko-KR', 'ko'],
    ['nb', 'no'],
    ['jv', 'jw'],
    ['tlh', null],
  ])('is requested in the language %s as %s', async (language, code) => {
    await transcribe({ language })
    const sent = groq.transcriptions[0]?.fields.find(([name]) => name === 'language')
    expect(sent?.[1] ?? null).toBe(code)
  })

  test.each([
    ['Korean', 'ko'],
    ['ja', 'ja'],
    ['myanmar', 'my'],
    ['romanian', 'ro'],
    ['javanese', 'jv'],
    ['jw', 'jv'],
    ['haitian creole', 'ht'],
    ['Klingon', null],
    [null, null],
  ])('has the code of the language %s', async (language, code) => {
    groq.transcript = groqTranscript({ language })
    expect(await transcribe()).toMatchObject({ language: code })
  })

  test('has segments in order, without empty ones and without what Postgres cannot store', async () => {
    groq.transcript = groqTranscript({
      segments: [
        groqSegment({ start: 4, end: 3, text: ' 강을 따라 \n 달려요!' }),
        groqSegment({ start: 2, end: 3, text: '  ' }),
        groqSegment({ start: 0, end: 2, text: '안녕\u0000하세요.' }),
      ],
      words: [
        { word: '안녕하세요', start: 0, end: 1 },
        { word: ' 강을', start: 4, end: 5 },
        { word: '아니', start: 5, end: 6 },
      ],
    })
    expect((await transcribe()).segments).toEqual([
      {
        startSeconds: 0,
        endSeconds: 2,
        text: '안녕하세요.',
        words: [{ text: '안녕하세요.', startSeconds: 0, endSeconds: 1 }],
      },
      {
        startSeconds: 4,
        endSeconds: 4,
        text: '강을 따라 달려요!',
        // The text does not contain the second word, so both stay as they are.
        words: [
          { text: '강을', startSeconds: 4, endSeconds: 5 },
          { text: '아니', startSeconds: 5, endSeconds: 6 },
        ],
      },
    ])
  })

  test.each([
    ['no words', { words: null }, 2],
    ['nothing', { text: '', segments: null, words: null }, 0],
  ])('may have %s', async (_what, changes, count) => {
    groq.transcript = groqTranscript(changes)
    const { segments } = await transcribe()
    expect(segments).toHaveLength(count)
    expect(segments.flatMap(({ words }) => words)).toEqual([])
  })
})

describe('a temporary fault', () => {
  test('is retried at the time of Retry-After', async () => {
    const faults = [{ status: 429, headers: { 'retry-after': '20' } }, { status: 503 }]
    groq.onRequest = () => faults.shift() ?? null
    expect((await transcribe()).segments).toHaveLength(2)
    expect(pauses).toEqual([20_000, 2_000])
  })

  test('ends as ProviderUnavailable with the time of a later retry', async () => {
    groq.fault = { status: 429, headers: { 'retry-after': '600' } }
    const failure = await failureOf()
    expect(failure).toBeInstanceOf(ProviderUnavailable)
    expect(failure).toMatchObject({ retryAt: new Date('2026-11-21T09:10:00Z') })
    expect(groq.requests).toHaveLength(1)
  })

  test.each([
    ['a cut connection', { status: 200, body: JSON.stringify(groqTranscript()), isCut: true }],
    ['a page of a proxy', { status: 200, body: '<html>' }],
  ])('is also %s', async (_what, fault) => {
    groq.fault = fault
    expect(await failureOf()).toBeInstanceOf(ProviderUnavailable)
    expect(pauses).toEqual([1_000, 2_000, 4_000])
  })

  test('is also a server that does not answer, and one that is not reachable', async () => {
    const release = groq.pause()
    expect(await failureOf({ options: { timeoutMs: 20 } })).toBeInstanceOf(ProviderUnavailable)
    release()
    await groq.stop()
    expect(await failureOf()).toBeInstanceOf(ProviderUnavailable)
  })
})

describe('a refusal is not retried', () => {
  test('of the key, which no message contains', async () => {
    expect(await failureOf({ options: { apiKey: 'gsk_wrong' } })).toMatchObject({
      name: 'VendorRefused',
      status: 401,
      message: 'Groq refused a request: 401, Invalid API Key. Check GROQ_API_KEY.',
    })
    expect(groq.requests).toHaveLength(1)
  })

  test('of a file that is too large, by Groq or before it is sent', async () => {
    groq.fault = { status: 413, body: '{"error":{"message":"Request Entity Too Large","code":"request_too_large"}}' }
    expect(await failureOf()).toMatchObject({
      status: 413,
      message: 'Groq refused a request: 413, Request Entity Too Large. The file is too large.',
    })
    const large = join(folder, 'large.ogg')
    await writeFile(large, '')
    await truncate(large, 25 * 1024 ** 2 + 1)
    expect(await failureOf({ file: large })).toMatchObject({
      status: 413,
      message: expect.stringContaining('26214401'),
    })
    expect(groq.requests).toHaveLength(1)
  })

  test.each([
    ['a member is missing', { ...groqTranscript(), x_groq: undefined }],
    ['a time is negative', groqTranscript({ segments: [groqSegment({ start: -1, text: 'secret words' })] })],
    ['there is text without segments', groqTranscript({ text: 'secret words', segments: null })],
  ])('where the response is not valid: %s', async (_what, transcript) => {
    groq.transcript = transcript
    const failure = await failureOf()
    expect(failure).toMatchObject({ name: 'VendorRefused', status: null })
    expect(JSON.stringify(failure) + String((failure as Error).cause)).not.toContain('secret words')
    expect(groq.requests).toHaveLength(1)
  })
})

test('an aborted signal ends the request with its reason', async () => {
  const release = groq.pause()
  const controller = new AbortController()
  const failure = failureOf({ signal: controller.signal })
  await expect.poll(() => groq.requests.length, { interval: 5 }).toBe(1)
  controller.abort(new Error('cancelled'))
  expect(await failure).toEqual(new Error('cancelled'))
  release()
})

test('reports the limits that are left, of refused requests too', async () => {
  groq.headers = {
    'x-ratelimit-limit-requests': '2000',
    'x-ratelimit-remaining-requests': '1999',
    'x-ratelimit-remaining-audio-seconds': '7193.5',
    'x-ratelimit-reset-requests': '43.2s',
  }
  await transcribe()
  expect(reports).toEqual(
    expect.arrayContaining([
      { vendor: 'Groq', kind: 'requests', remaining: 1999 },
      { vendor: 'Groq', kind: 'audio-seconds', remaining: 7193.5 },
      { vendor: 'Groq', operation: 'transcribe', outcome: 'ok', seconds: expect.any(Number) },
    ]),
  )
  expect(reports).toHaveLength(3)
})
