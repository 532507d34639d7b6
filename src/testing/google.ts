import { json } from 'node:stream/consumers'
import { type FakeServer, startFakeServer } from './fake-server.ts'

/** A request to generate content. */
export interface ContentRequest {
  readonly systemInstruction: { readonly parts: readonly { readonly text: string }[] }
  readonly contents: readonly { readonly role: string; readonly parts: readonly { readonly text: string }[] }[]
  readonly generationConfig: Readonly<Record<string, unknown>>
}

/** A fake server for the Gemini API of Google. */
export interface FakeGoogle extends FakeServer {
  /** The configuration of an app that uses it. */
  readonly config: { readonly apiKey: string; readonly apiUrl: string }
  /** The bodies of requests to generate content. */
  readonly contents: readonly ContentRequest[]
  /** The answers of the model in this order; the last one is repeated. */
  answers: readonly string[]
}

const apiKey = 'google_test_key'

/** Starts a fake server for the Gemini API. */
export async function startGoogle(): Promise<FakeGoogle> {
  const contents: ContentRequest[] = []
  const server = await startFakeServer(async (request) => {
    const { pathname } = new URL(request.url ?? '', 'http://google')
    if (request.headers['x-goog-api-key'] !== apiKey) return { status: 400, body: invalidKey }
    if (request.method === 'GET' && pathname === '/v1beta/models') {
      return { status: 200, body: '{"models":[{"name":"models/gemini-flash-lite-latest"}]}' }
    }
    if (request.method !== 'POST' || !/^\/v1beta\/models\/[^/:]+:generateContent$/.test(pathname)) {
      return { status: 404, body: '{"error":{"code":404,"message":"Not found.","status":"NOT_FOUND"}}' }
    }
    contents.push((await json(request)) as ContentRequest)
    const text = fake.answers[Math.min(contents.length, fake.answers.length) - 1] ?? ''
    return { status: 200, body: generated(text) }
  }, '{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}')
  const fake: FakeGoogle = Object.assign(server, {
    config: { apiKey, apiUrl: `${server.url}/v1beta` },
    contents,
    answers: ['{"title":"A morning run","scenes":[{"segment":1,"keywords":"morning river"}]}'],
  })
  return fake
}

const invalidKey =
  '{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}'

function generated(text: string): string {
  return JSON.stringify({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
    modelVersion: 'gemini-flash-lite',
  })
}
