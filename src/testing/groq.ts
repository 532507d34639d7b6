import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type FakeResponse, type FakeServer, startFakeServer } from './fake-server.ts'

/** A request for a transcription, as it was received. */
export interface ReceivedTranscription {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly filename: string
  readonly contentType: string
  readonly file: Uint8Array
}

/** A fake server for Groq's API. */
export interface FakeGroq extends FakeServer {
  /** The configuration of an app that uses it. */
  readonly config: { readonly apiKey: string; readonly apiUrl: string }
  readonly transcriptions: readonly ReceivedTranscription[]
  /** The bodies of requests for a chat completion. */
  readonly chats: readonly ChatRequest[]
  /** The body of every transcription. */
  transcript: object
  /** The answers of the model in this order; the last one is repeated. */
  answers: readonly string[]
  /** Headers of every response. */
  headers: Readonly<Record<string, string>>
}

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly [field: string]: unknown
}

const apiKey = 'gsk_test_groq'

/** A verbose transcription with two segments, as Groq returns it, with the changes. */
export function groqTranscript(changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    task: 'transcribe',
    language: 'English',
    duration: 6.5,
    text: ' Good morning, everyone. We run along the river.',
    segments: [
      groqSegment({ id: 0, start: 0.2, end: 2.4, text: ' Good morning, everyone.' }),
      groqSegment({ id: 1, start: 3, end: 6.1, text: ' We run along the river.' }),
    ],
    words: [
      { word: 'Good', start: 0.2, end: 0.5 },
      { word: 'morning', start: 0.5, end: 1.1 },
      { word: 'everyone', start: 1.3, end: 2.3 },
      { word: 'We', start: 3, end: 3.3 },
      { word: 'run', start: 3.3, end: 3.8 },
      { word: 'along', start: 3.8, end: 4.4 },
      { word: 'the', start: 4.4, end: 4.6 },
      { word: 'river', start: 4.6, end: 5.9 },
    ],
    x_groq: { id: 'req_test' },
    ...changes,
  }
}

/** A segment of a verbose transcription, with the changes. */
export function groqSegment(changes: Readonly<Record<string, unknown>>): object {
  return {
    id: 0,
    seek: 0,
    start: 0,
    end: 1,
    text: '',
    tokens: [50_365],
    temperature: 0,
    avg_logprob: -0.2,
    compression_ratio: 1.1,
    no_speech_prob: 0.01,
    ...changes,
  }
}

/** Starts a fake server for Groq's API. */
export async function startGroq(): Promise<FakeGroq> {
  const transcriptions: ReceivedTranscription[] = []
  const chats: ChatRequest[] = []
  const server = await startFakeServer(
    (request) => answer(request),
    '{"error":{"message":"Internal server error","type":"internal_server_error"}}',
  )

  async function answer(request: IncomingMessage): Promise<FakeResponse> {
    const body = await buffer(request)
    const { headers } = fake
    if (request.headers.authorization !== `Bearer ${apiKey}`) return { status: 401, headers, body: invalidKey }
    const route = `${request.method} ${request.url}`
    if (route === 'GET /openai/v1/models') return { status: 200, headers, body: models }
    if (route === 'POST /openai/v1/audio/transcriptions') {
      transcriptions.push(await readForm(request, body))
      return { status: 200, headers, body: JSON.stringify(fake.transcript) }
    }
    if (route === 'POST /openai/v1/chat/completions') {
      const chat = JSON.parse(body.toString('utf8')) as ChatRequest
      chats.push(chat)
      const content = fake.answers[Math.min(chats.length, fake.answers.length) - 1] ?? ''
      return { status: 200, headers, body: completion(chat.model, content) }
    }
    return { status: 404, headers, body: '{"error":{"message":"Unknown request URL","type":"invalid_request_error"}}' }
  }

  const fake: FakeGroq = Object.assign(server, {
    config: { apiKey, apiUrl: `${server.url}/openai/v1` },
    transcriptions,
    chats,
    transcript: groqTranscript(),
    answers: ['{"title":"A morning run","scenes":[{"segment":1,"keywords":"morning river"}]}'],
    headers: {},
  })
  return fake
}

const invalidKey = '{"error":{"message":"Invalid API Key","type":"invalid_request_error","code":"invalid_api_key"}}'
const models = '{"object":"list","data":[{"id":"whisper-large-v3-turbo","object":"model"}]}'

async function readForm(request: IncomingMessage, body: Buffer): Promise<ReceivedTranscription> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const form = await new Response(new Uint8Array(body), { headers }).formData()
  const file = form.get('file') as File
  return {
    fields: [...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as const] : [])),
    filename: file.name,
    contentType: file.type,
    file: new Uint8Array(await file.arrayBuffer()),
  }
}

function completion(model: string, content: string): string {
  return JSON.stringify({
    id: 'chatcmpl-test',
    object: 'chat.completion',
    created: 1_795_000_000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  })
}
