import { ProviderUnavailable } from '../errors.ts'
import type { VendorClient } from './vendor-client.ts'
import { VendorRefused } from './vendor-refused.ts'

/**
 * A vendor client as the `fetch` of the vendor's library. The library gets only complete JSON bodies of successful
 * responses. It wraps errors that its fetch throws; `vendorErrorIn` finds them again.
 */
export function createLibraryFetch(client: VendorClient, maxBytes: number): typeof fetch {
  return async (input, { signal, ...init } = {}) => {
    const url = input instanceof Request ? input.url : input
    return await client.send(url, { ...init, signal: signal ?? new AbortController().signal }, async (response) => {
      const { status, headers } = response
      return new Response(await response.readJson(maxBytes), { status, headers })
    })
  }
}

/** The error of a vendor client which is this error or one of its causes; null if there is none. */
export function vendorErrorIn(error: unknown): ProviderUnavailable | VendorRefused | null {
  if (error instanceof ProviderUnavailable || error instanceof VendorRefused) return error
  return error instanceof Error ? vendorErrorIn(error.cause) : null
}
