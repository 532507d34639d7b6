import { readFile, stat } from 'node:fs/promises'
import { type Transcriber, VendorRefused } from '../../domains/videos/ports.ts'
import { createLibraryFetch, vendorErrorIn } from '../../platform/vendors/library-fetch.ts'
import { createGroqClient, type GroqOptions } from './groq-client.ts'
import { readTranscript } from './read-transcript.ts'
import { languageOfTag } from './spoken-languages.ts'

const model = 'whisper-large-v3-turbo'

/** Groq transcribes an hour in about 20 s; sending 14 MB takes longer. */
const defaultTimeoutMs = 240_000

/** Groq accepts 25 MiB and refuses 25.5 MiB. */
const maxFileBytes = 25 * 1024 ** 2

/** An hour of speech is about 1.5 MB of JSON with its words. */
const maxResponseBytes = 16 * 1024 ** 2

/** Transcribes with Whisper at Groq; see the port. */
export function createGroqTranscriber(options: GroqOptions): Transcriber {
  const client = createGroqClient({
    ...options,
    operation: 'transcribe',
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
  })
  const fetch = createLibraryFetch(client, maxResponseBytes)
  return {
    async transcribe(file, { language, signal }) {
      const { size } = await stat(file)
      if (size > maxFileBytes) {
        throw new VendorRefused(
          'Groq',
          413,
          `The audio file has ${size} bytes. Groq transcribes ${maxFileBytes} at most.`,
        )
      }
      // The libraries take 400 ms and 30 MB to load, and most processes never transcribe.
      const [{ transcribe }, { createGroq }] = await Promise.all([import('ai'), import('@ai-sdk/groq')])
      const groq = createGroq({ baseURL: options.apiUrl, apiKey: options.apiKey, fetch })
      const spoken = language === null ? null : languageOfTag(language)
      const { responses } = await transcribe({
        model: groq.transcription(model),
        audio: await readFile(file, { signal }),
        providerOptions: {
          groq: {
            responseFormat: 'verbose_json',
            timestampGranularities: ['word', 'segment'],
            ...(spoken === null ? {} : { language: spoken }),
          },
        },
        maxRetries: 0,
        abortSignal: signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted()
        throw vendorErrorIn(error) ?? notValid()
      })
      // The library has segments or words in its result, but both in the body only.
      const transcript = readTranscript((responses[0] as { readonly body?: unknown } | undefined)?.body)
      if (transcript === null) throw notValid()
      return transcript
    },
  }
}

const notValid = () => new VendorRefused('Groq', null, "Groq's transcription is not valid.")
