import { type FakeServer, startFakeServer } from './fake-server.ts'

/** A fake server for Pexels' API and its images. */
export interface FakePexels extends FakeServer {
  /** The configuration of an app that uses it. */
  readonly config: { readonly apiKey: string; readonly apiUrl: string }
  /** The Authorization header of each request. */
  readonly authorizations: readonly (string | undefined)[]
  /** The photos that every search finds. */
  photos: readonly object[]
  /** Every picture. */
  picture: { readonly contentType: string; readonly bytes: Uint8Array }
  /** Headers of every response of the API. */
  headers: Readonly<Record<string, string>>
}

const apiKey = 'pexels_test_key'

/** A JPEG of one gray pixel. */
export const smallJpeg = Buffer.from(
  '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQEAX/2gAIAQEAAD8A0s8g/9k=',
  'base64',
)

/** A photo as Pexels' search returns it, with the changes. */
export function pexelsPhoto(url: string, id: number, changes: Readonly<Record<string, unknown>> = {}): object {
  const original = `${url}/photos/${id}/pexels-photo-${id}.jpeg`
  return {
    id,
    width: 4_000,
    height: 6_000,
    url: `https://www.pexels.com/photo/river-${id}/`,
    photographer: `Photographer ${id}`,
    photographer_url: `https://www.pexels.com/@photographer-${id}`,
    photographer_id: 1_000 + id,
    avg_color: '#6E633A',
    src: { original, large2x: `${original}?auto=compress&cs=tinysrgb&dpr=2&h=650&w=940` },
    liked: false,
    alt: 'A river',
    ...changes,
  }
}

/** Starts a fake server for Pexels. Searches find three photos. */
export async function startPexels(): Promise<FakePexels> {
  const authorizations: (string | undefined)[] = []
  const server = await startFakeServer(async (request) => {
    authorizations.push(request.headers.authorization)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://pexels')
    const { headers, photos, picture } = fake
    if (pathname.startsWith('/photos/')) {
      return { status: 200, headers: { 'content-type': picture.contentType }, body: picture.bytes }
    }
    if (request.headers.authorization !== apiKey) return { status: 401, body: '{"status":401,"code":"Unauthorized"}' }
    if (pathname !== '/v1/search' && pathname !== '/v1/curated') return { status: 404, body: '{"error":"Not found"}' }
    const perPage = Number(searchParams.get('per_page') ?? 15)
    const found = { page: 1, per_page: perPage, photos: photos.slice(0, perPage), total_results: photos.length }
    return { status: 200, headers, body: JSON.stringify(found) }
  }, '{"error":"Internal Server Error"}')
  const fake: FakePexels = Object.assign(server, {
    config: { apiKey, apiUrl: server.url },
    authorizations,
    photos: [1, 2, 3].map((id) => pexelsPhoto(server.url, id)),
    picture: { contentType: 'image/jpeg', bytes: smallJpeg },
    headers: {},
  })
  return fake
}
