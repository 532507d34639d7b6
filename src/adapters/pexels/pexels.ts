import type { PictureOrientation, PictureSearch } from '../../domains/videos/ports.ts'
import type { RetryPolicy } from '../../platform/retry.ts'
import { createVendorClient, type VendorClock, type VendorReports } from '../../platform/vendors/vendor-client.ts'
import { downloadPicture } from './download-picture.ts'
import { readPictures } from './read-pictures.ts'

export interface PexelsOptions extends VendorReports {
  readonly apiKey: string
  /** Without the version: https://api.pexels.com. */
  readonly apiUrl: string
  readonly searchTimeoutMs?: number | undefined
  readonly downloadTimeoutMs?: number | undefined
  readonly vendorClock?: VendorClock | undefined
}

const policy: RetryPolicy = { maxAttempts: 3, firstDelayMs: 1_000, maxDelayMs: 8_000, maxRetryAfterMs: 15_000 }

/** 80 photos are about 100 KB. */
const maxResponseBytes = 1024 ** 2

/** Searches photos at Pexels; see the port. */
export function createPexels({
  searchTimeoutMs = 10_000,
  downloadTimeoutMs = 60_000,
  ...options
}: PexelsOptions): PictureSearch {
  const common = { ...options, vendor: 'Pexels', policy }
  const limits = { quotasOf, retryAtOf, adviceOn }
  const api = createVendorClient({ ...common, ...limits, operation: 'search', timeoutMs: searchTimeoutMs })
  const images = createVendorClient({ ...common, operation: 'download', timeoutMs: downloadTimeoutMs })
  const isDownloadUrl = isAtPexels(options.apiUrl)
  return {
    async search({ keywords, orientation, count }, { signal, countRequest }) {
      const url = searchUrl(options.apiUrl, { keywords, orientation, count })
      const headers = { authorization: options.apiKey, accept: 'application/json' }
      const text = await api.send(url, { headers, signal, beforeAttempt: countRequest }, (response) =>
        response.readJson(maxResponseBytes),
      )
      return readPictures(JSON.parse(text), isDownloadUrl).slice(0, count)
    },
    download: ({ downloadUrl }, output, { signal }) =>
      downloadPicture(images, { downloadUrl, output, signal, isDownloadUrl }),
  }
}

function searchUrl(
  apiUrl: string,
  { keywords, orientation, count }: { keywords: string; orientation: PictureOrientation; count: number },
): URL {
  const url = new URL(`${apiUrl}/v1/search`)
  url.searchParams.set('query', keywords)
  url.searchParams.set('orientation', orientation)
  // At least 12 megapixels, which fill 1080 × 1920 after a crop.
  url.searchParams.set('size', 'medium')
  url.searchParams.set('locale', 'en-US')
  url.searchParams.set('per_page', String(Math.min(count, 80)))
  return url
}

/** A picture is stored at the host of Pexels' images, or where the API is configured to be, as in tests. */
function isAtPexels(apiUrl: string): (url: string) => boolean {
  const { origin } = new URL(apiUrl)
  return (text) => {
    if (!URL.canParse(text)) return false
    const url = new URL(text)
    const isPublic = url.username === '' && url.password === ''
    return isPublic && (url.origin === 'https://images.pexels.com' || url.origin === origin)
  }
}

/** Successful responses state the rest of the month. */
function quotasOf(headers: Headers) {
  const remaining = Number(headers.get('x-ratelimit-remaining') ?? Number.NaN)
  return Number.isNaN(remaining) ? [] : [{ kind: 'requests-of-month', remaining }]
}

/** A 429 of Pexels says nothing of a retry. The limit is one of the hour. */
function retryAtOf({ status }: { readonly status: number }, now: Date): Date | null {
  if (status !== 429) return null
  const hourMs = 3_600_000
  return new Date((Math.floor(now.getTime() / hourMs) + 1) * hourMs)
}

const adviceOn = (status: number) => (status === 401 || status === 403 ? 'Check PEXELS_API_KEY.' : null)
