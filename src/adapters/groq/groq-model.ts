import { createLibraryFetch } from '../../platform/vendors/library-fetch.ts'
import { createGroqClient, type GroqOptions } from './groq-client.ts'

/** Follows a JSON schema strictly. */
const model = 'openai/gpt-oss-120b'
const defaultTimeoutMs = 60_000
const maxResponseBytes = 1024 ** 2

/** A language model at Groq, as the planner takes one. */
export function createGroqModel(options: GroqOptions) {
  const client = createGroqClient({
    ...options,
    operation: 'plan',
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
  })
  const fetch = createLibraryFetch(client, maxResponseBytes)
  return {
    vendor: 'Groq',
    async load() {
      const { createGroq } = await import('@ai-sdk/groq')
      return createGroq({ baseURL: options.apiUrl, apiKey: options.apiKey, fetch })(model)
    },
    providerOptions: { groq: { reasoningEffort: 'low' } },
  }
}
