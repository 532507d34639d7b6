import type { VendorConfig, VideosConfig } from '../../config/config.ts'
import { type Check, failed, ok } from './finding.ts'
import { requireAvailable } from './service-unavailable.ts'

const timeoutMs = 5_000

interface CheckedVendor {
  readonly name: string
  readonly variable: string
  readonly config: VendorConfig
  /** What does not work without the key. */
  readonly withoutKey: string
  readonly path: string
  readonly headersOf: (apiKey: string) => Readonly<Record<string, string>>
  readonly worksAs: string
  /** Where the key is copied from. */
  readonly source: string
}

/** Checks the keys of the vendors of videos, each with a request that changes nothing. */
export function checkVideoVendors({ groq, google, pexels }: VideosConfig): Check[] {
  return [
    checkKey({
      name: 'Groq',
      variable: 'GROQ_API_KEY',
      config: groq,
      withoutKey: 'audio cannot be transcribed',
      path: '/models',
      headersOf: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
      worksAs: 'lists models',
      source: 'console.groq.com, API Keys',
    }),
    checkKey({
      name: 'Google',
      variable: 'GOOGLE_API_KEY',
      config: google,
      withoutKey: 'Groq chooses what pictures show',
      path: '/models?pageSize=1',
      headersOf: (apiKey) => ({ 'x-goog-api-key': apiKey }),
      worksAs: 'lists models',
      source: 'aistudio.google.com, API keys',
    }),
    checkKey({
      name: 'Pexels',
      variable: 'PEXELS_API_KEY',
      config: pexels,
      withoutKey: 'templates with pictures are unavailable',
      path: '/v1/curated?page=1&per_page=1',
      headersOf: (apiKey) => ({ authorization: apiKey }),
      worksAs: "reads photos; Pexels counts this as one of the key's 200 requests an hour",
      source: 'pexels.com/api',
    }),
  ]
}

function checkKey({ name, variable, config, withoutKey, ...vendor }: CheckedVendor): Check {
  const what = `${name} key`
  const { apiKey, apiUrl } = config
  if (apiKey === undefined) {
    return { what, todo: '', run: async () => [ok(what, `not checked: ${variable} is not set, so ${withoutKey}`)] }
  }
  const todo = `Copy ${variable} again: ${vendor.source}.`
  const service = {
    name,
    todo: `This does not mean that a key is wrong. Check the network and ${name}'s status page, then run the doctor again.`,
  }
  const run = async () => {
    const response = await fetch(`${apiUrl}${vendor.path}`, {
      headers: vendor.headersOf(apiKey),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    requireAvailable(response)
    await response.body?.cancel()
    return [response.ok ? ok(what, vendor.worksAs) : failed(what, `it answered ${response.status}`, todo)]
  }
  return { what, todo, service, run }
}
